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

#include "websocket/message_reader.h"

namespace pinion::websocket {

class FirstMessage {
 public:
  enum class Status : unsigned char { need_more, complete, absent };

  explicit FirstMessage(std::size_t limit) noexcept : messages_(limit) {}

  /// Takes the next bytes of the stream as they came. Stops at the end of the message.
  Status feed(std::string_view bytes);
  /// Valid once complete.
  [[nodiscard]] const std::string& text() const noexcept { return messages_.text(); }

 private:
  Status status_ = Status::need_more;
  MessageReader messages_;
};

}  // namespace pinion::websocket
