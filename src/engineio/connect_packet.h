// The packet by which a client joins a Socket.IO namespace (socket.io-protocol v5, CONNECT): what
// it says of itself there comes after the handshake has chosen a backend.
//
// Threads: pure functions. What is returned points into what was given.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace pinion::engineio {

/// A CONNECT packet that is longer than this is not looked at, in bytes.
inline constexpr std::size_t kMaxConnectPacket = std::size_t{64} * 1024;

/// How every CONNECT packet begins: an Engine.IO message that is a Socket.IO CONNECT.
inline constexpr std::string_view kConnectPrefix = "40";
/// What stands between two packets of a polled payload of protocol 4.
inline constexpr char kBetweenPackets = '\x1E';

struct ConnectPacket {
  std::string_view nsp;   // "/" when the packet names none; without a query behind it
  std::string_view auth;  // JSON object as it was sent, not yet read; empty when there is none
};

/// @param packet one Engine.IO packet of protocol 4, with its type: `40`, `40{…}`, `40/nsp,{…}`
/// @returns nothing for any other packet
std::optional<ConnectPacket> read_connect(std::string_view packet);

/// Whether a packet has no say in what a session is: the steps of an upgrade, pings and pongs,
/// which may come before a CONNECT.
bool is_silent(std::string_view packet) noexcept;

/// Takes the first packet off a polled payload of protocol 4, and the 0x1E behind it.
std::string_view take_packet(std::string_view& payload) noexcept;

/// A string member at the top level of a JSON object; of several with that name the last one, as
/// JavaScript and Python have it. @returns nothing when there is none, it is no string or empty, or
/// the text is not one valid object
std::optional<std::string> json_text_member(std::string_view object, std::string_view name);

}  // namespace pinion::engineio
