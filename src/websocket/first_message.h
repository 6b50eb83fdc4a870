// The payload of the first data message from a backend, unmasked and inflated, so that the open
// packet can be read from a WebSocket handshake. Control frames before it are passed over; what is
// relayed stays as it was.
//
// Threads: one worker's.
// Lifetime: until the message is complete.
// Invariants: keeps at most `limit` bytes, compressed or not; a message beyond that is `absent`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/frame_scanner.h"

namespace pinion::websocket {

class FirstMessage {
 public:
  enum class Status : unsigned char { need_more, complete, absent };

  explicit FirstMessage(std::size_t limit) noexcept : limit_(limit) {}

  /// Takes the next bytes of the stream as they came. Stops at the end of the message.
  Status feed(std::string_view bytes);
  /// Valid once complete.
  [[nodiscard]] const std::string& text() const noexcept { return message_; }

 private:
  Status begin_frame();
  Status end_frame();
  void append(const FrameScanner::Step& step);

  std::size_t limit_;
  Status status_ = Status::need_more;
  bool in_message_ = false;  // a first fragment has come, the last has not
  bool compressed_ = false;
  FrameScanner frames_;
  std::string message_;
};

/// Inflates one permessage-deflate message (RFC 7692, 7.2.2) that begins with an empty window.
/// @returns false if it is not valid or longer than `limit`
bool inflate_message(std::string_view compressed, std::size_t limit, std::string& out);

}  // namespace pinion::websocket
