// The CONNECTs that come on a WebSocket after a session has joined its first namespace: an
// application may say only there which of its sessions it is. Then it is too late to move, but not
// to know where the requests of that id belong.
//
// Threads: the worker's.
// Lifetime: part of its Tunnel, from when its session has joined; only in pools that look for ids
//   there.
// Invariants: the bytes are only looked at. Keeps at most one CONNECT, counted in the budget of
//   buffers; what inflates compressed messages (some 40 KiB) is kept until `inflate_until` only.
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
  /// The id of the session is known: what is compressed is not worth its memory any more.
  void stop_inflating() noexcept { reader_.stop_inflating(); }
  /// There is nothing more to be read.
  [[nodiscard]] bool over() const noexcept { return over_; }

 private:
  websocket::MessageReader reader_;
  TimePoint inflate_until_;
  BufferShare share_;
  bool over_ = false;
};

}  // namespace pinion::proxy
