// The CONNECTs that come on a WebSocket after a session has joined its first namespace without an
// id: an application may say only then which of its sessions it is. It is too late to move, but not
// to know where the requests of that id belong.
//
// Threads: the worker's.
// Lifetime: part of its Tunnel, from when its session has joined until it has an id.
// Invariants: the bytes are only looked at. Keeps at most one CONNECT, and what inflates compressed
//   messages until the first one that comes after `inflate_until`; both count in the budget of
//   buffers.
#pragma once

#include <optional>
#include <string_view>

#include "base/chunk_queue.h"
#include "base/clock.h"
#include "engineio/connect_packet.h"
#include "websocket/message_reader.h"

namespace pinion::proxy {

class LaterConnects {
 public:
  /// @param reader of the client's messages, so far
  LaterConnects(websocket::MessageReader reader, TimePoint inflate_until, BufferBudget& budget);

  /// @param bytes what was read is removed from the front @returns the next CONNECT, until the next
  /// call
  std::optional<engineio::ConnectPacket> next(std::string_view& bytes, TimePoint now);
  /// There is nothing more to be read.
  [[nodiscard]] bool over() const noexcept { return over_; }

 private:
  websocket::MessageReader reader_;
  TimePoint inflate_until_;
  BufferShare share_;
  bool over_ = false;
};

}  // namespace pinion::proxy
