// Packets of Socket.IO (socket.io-protocol v5), without the `4` that Engine.IO puts before them: as
// a server sends them, and as a client has to.
//
// Threads: pure functions. What is returned points into what was given.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pinion::loadgen {

struct SocketioPacket {
  enum class Type : unsigned char {
    connect = 0,
    disconnect = 1,
    event = 2,
    ack = 3,
    connect_error = 4,
    binary_event = 5,
    binary_ack = 6,
  };
  Type type = Type::event;
  std::string_view nsp = "/";       // without a query behind it
  std::optional<std::uint64_t> id;  // of an ack, or of an event that wants one
  std::string_view data;            // JSON, not yet read; may be empty
};

/// @returns nothing when it is no packet of Socket.IO
std::optional<SocketioPacket> read_socketio_packet(std::string_view text);

/// The name of the event in the data of one: the first element of the array, decoded. Empty when
/// there is none.
std::string event_name(std::string_view data);

/// Appends `nsp,` as it stands in a packet; nothing for the main namespace.
void append_nsp(std::string& out, std::string_view nsp);

}  // namespace pinion::loadgen
