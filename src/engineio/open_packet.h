// The packet that opens a session, read from the handshake's answer whatever it looks like: v4 text, v3
// length-prefixed or binary-framed payloads, JSONP, a WebSocket message; keys in any order, escapes.
//
// Threads: one worker's. Lifetime: one handshake.
// Invariants: keeps at most kMaxOpenPacket bytes; never says `found` before the whole JSON object has been
//   seen, and says it with the byte that completes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pinion::engineio {

/// A server's first packet is about 120 bytes; what is longer than this is not one.
inline constexpr std::size_t kMaxOpenPacket = std::size_t{16} * 1024;
/// The longest sid that is accepted (custom `generateId` may make any text).
inline constexpr std::size_t kMaxSid = 256;

struct OpenPacket {
  std::string sid;
  Duration ping_interval{};  // 0 when the packet does not say
  Duration ping_timeout{};
  std::uint64_t max_payload = 0;  // bytes; 0 when the packet does not say
};

class OpenPacketReader {
 public:
  enum class Status : unsigned char { need_more, found, absent };

  /// Takes the next bytes of the body (transfer coding removed) or of the WebSocket message.
  Status feed(std::string_view bytes);
  /// The body or message has ended; need_more becomes absent.
  Status finish() noexcept;
  /// Valid once found.
  [[nodiscard]] const OpenPacket& packet() const noexcept { return packet_; }

 private:
  Status status_ = Status::need_more;
  std::string seen_;
  OpenPacket packet_;
};

}  // namespace pinion::engineio
