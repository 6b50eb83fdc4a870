// The packet that opens a session, read from the handshake's answer whatever it looks like: v4
// text, v3 length-prefixed or binary-framed payloads, JSONP, a WebSocket message; keys in any
// order, escapes.
//
// Threads: one worker's.
// Lifetime: one handshake.
// Invariants: keeps at most kMaxOpenPacket bytes; never says `found` before the whole JSON object
//   has been seen, and says it with the byte that completes it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "engineio/string_decoder.h"

namespace pinion::engineio {

/// A server's first packet is about 120 bytes; what is longer than this is not one.
inline constexpr std::size_t kMaxOpenPacket = std::size_t{16} * 1024;
/// Braces and brackets within one another; servers have two.
inline constexpr std::uint8_t kMaxOpenDepth = 32;
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
  /// What the next payload byte belongs to.
  enum class Stage : unsigned char {
    first,          // nothing has come yet
    jsonp_head,     // `___eio[N]("`
    first_decoded,  // first byte inside the JSONP string
    length,         // decimal digits up to `:`
    binary_length,  // digits as byte values up to 0xFF
    type,           // the `0` of an open packet
    object_begins,
    object,
  };
  enum class Unit : unsigned char { none, utf16, byte };  // what a declared length counts

  Status take(char c);
  Status take_head(char c) noexcept;
  Status take_payload(char c);
  Status take_first(char c) noexcept;
  Status take_length(char c, char digit_zero, char end) noexcept;
  Status take_object(char c);
  std::size_t take_stretch(std::string_view bytes);
  bool follow(char c) noexcept;
  Status judge_object(bool complete);
  void count(char c) noexcept;

  Status status_ = Status::need_more;
  Stage stage_ = Stage::first;
  Unit unit_ = Unit::none;
  bool jsonp_ = false;
  bool in_string_ = false;      // of the JSON text
  bool escaped_ = false;        // the character before was a backslash in a string
  std::uint8_t depth_ = 0;      // open braces and brackets
  std::uint8_t head_at_ = 0;    // matched of the JSONP head
  std::uint32_t taken_ = 0;     // bytes of the body so far
  std::uint32_t declared_ = 0;  // length of the packet, if one was written
  std::uint32_t counted_ = 0;   // of the packet so far, in the same unit
  StringDecoder literal_{StringDecoder::Language::javascript};
  std::string seen_;  // the JSON object so far
  OpenPacket packet_;
};

}  // namespace pinion::engineio
