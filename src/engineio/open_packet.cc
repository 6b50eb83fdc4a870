#include "engineio/open_packet.h"

#include <algorithm>

#include "engineio/json_scan.h"

namespace pinion::engineio {
namespace {

constexpr std::string_view kJsonpHead = "___eio[](\"";
constexpr std::size_t kJsonpIndexAt = kJsonpHead.find(']');  // the index stands before this

/// A ping time in milliseconds as a Duration. Bounded, so that a slip in a server's configuration
/// neither overflows nor keeps a dead session's pin for ever.
Duration ping_time(std::optional<double> ms) noexcept {
  constexpr double kLongest = 24.0 * 60 * 60 * 1000;
  return Duration{static_cast<std::int64_t>(std::clamp(ms.value_or(0), 0.0, kLongest) * 1e6)};
}

std::uint64_t byte_count(std::optional<double> bytes) noexcept {
  constexpr double kLargest = 9007199254740991;  // JavaScript's Number.MAX_SAFE_INTEGER
  return static_cast<std::uint64_t>(std::clamp(bytes.value_or(0), 0.0, kLargest));
}

/// Of members with the same name the last one counts, as in JSON.parse.
bool read_open_object(std::string_view json, OpenPacket& packet) {
  JsonObjectReader object{json};
  while (const auto name = object.next_member()) {
    if (*name == "sid") {
      packet.sid = object.string_value().value_or("");
    } else if (*name == "pingInterval") {
      packet.ping_interval = ping_time(object.number_value());
    } else if (*name == "pingTimeout") {
      packet.ping_timeout = ping_time(object.number_value());
    } else if (*name == "maxPayload") {
      packet.max_payload = byte_count(object.number_value());
    } else {
      object.skip_value();
    }
  }
  return object.complete() && !packet.sid.empty() && packet.sid.size() <= kMaxSid;
}

/// Where, from `at` on, a string ends or has an escape.
std::size_t end_of_plain(std::string_view text, std::size_t at) noexcept {
  while (at < text.size() && text[at] != '"' && text[at] != '\\') ++at;
  return at;
}

}  // namespace

OpenPacketReader::Status OpenPacketReader::feed(std::string_view bytes) {
  while (!bytes.empty() && status_ == Status::need_more) {
    std::size_t used = 1;
    if (stage_ == Stage::object && !jsonp_) {
      used = take_stretch(bytes.substr(0, kMaxOpenPacket - taken_));
    } else {
      status_ = take(bytes.front());
    }
    taken_ += static_cast<std::uint32_t>(used);
    bytes.remove_prefix(used);
    if (taken_ == kMaxOpenPacket && status_ == Status::need_more) status_ = Status::absent;
  }
  if (status_ != Status::need_more) seen_ = {};
  return status_;
}

/// Bytes of the object as they stand there, up to its end. @returns how many they are
std::size_t OpenPacketReader::take_stretch(std::string_view bytes) {
  std::size_t used = 0;
  bool complete = false;
  while (used < bytes.size() && !complete && depth_ <= kMaxOpenDepth) {
    if (in_string_ && !escaped_) used = end_of_plain(bytes, used);
    if (used < bytes.size()) complete = follow(bytes[used++]);
  }
  bytes = bytes.substr(0, used);
  seen_.append(bytes);
  if (unit_ != Unit::none) {
    for (const char c : bytes) count(c);
  }
  status_ = judge_object(complete);
  return used;
}

OpenPacketReader::Status OpenPacketReader::finish() noexcept {
  if (status_ == Status::need_more) status_ = Status::absent;
  return status_;
}

OpenPacketReader::Status OpenPacketReader::take(char c) {
  if (stage_ == Stage::first && c == '_') {
    jsonp_ = true;
    stage_ = Stage::jsonp_head;
  }
  if (stage_ == Stage::jsonp_head) return take_head(c);
  if (!jsonp_) return take_payload(c);
  Piece piece;
  // The literal is over before the object is: whatever follows is not the packet.
  if (literal_.push(c, piece) != StringDecoder::Status::more) return Status::absent;
  for (const char decoded : piece.view()) {
    const Status status = take_payload(decoded);
    if (status != Status::need_more) return status;
  }
  return Status::need_more;
}

OpenPacketReader::Status OpenPacketReader::take_head(char c) noexcept {
  if (c >= '0' && c <= '9' && head_at_ == kJsonpIndexAt) return Status::need_more;
  if (c != kJsonpHead[head_at_]) return Status::absent;
  if (++head_at_ == kJsonpHead.size()) stage_ = Stage::first_decoded;
  return Status::need_more;
}

OpenPacketReader::Status OpenPacketReader::take_payload(char c) {
  switch (stage_) {
    case Stage::first:
    case Stage::first_decoded:
      return take_first(c);
    case Stage::jsonp_head:
      return Status::absent;
    case Stage::length:
      return take_length(c, '0', ':');
    case Stage::binary_length:
      return take_length(c, '\0', '\xFF');
    case Stage::type:
      count(c);
      stage_ = Stage::object_begins;
      return c == '0' ? Status::need_more : Status::absent;
    case Stage::object_begins:
      stage_ = Stage::object;
      return c == '{' ? take_object(c) : Status::absent;
    case Stage::object:
      return take_object(c);
  }
  return Status::absent;
}

OpenPacketReader::Status OpenPacketReader::take_first(char c) noexcept {
  if (c == '0') {
    stage_ = Stage::object_begins;
    return Status::need_more;
  }
  if (c >= '1' && c <= '9') {
    unit_ = Unit::utf16;
    stage_ = Stage::length;
    return take_length(c, '0', ':');
  }
  // A packet that is framed as binary data (0x01) has no JSON in it, so it opens nothing.
  if (c != '\0' || jsonp_) return Status::absent;
  unit_ = Unit::byte;
  stage_ = Stage::binary_length;
  return Status::need_more;
}

OpenPacketReader::Status OpenPacketReader::take_length(char c, char digit_zero, char end) noexcept {
  if (c == end) {
    stage_ = Stage::type;
    return declared_ > 0 ? Status::need_more : Status::absent;
  }
  const int digit = c - digit_zero;
  if (digit < 0 || digit > 9) return Status::absent;
  declared_ = declared_ * 10 + static_cast<std::uint32_t>(digit);
  return declared_ <= kMaxOpenPacket ? Status::need_more : Status::absent;
}

OpenPacketReader::Status OpenPacketReader::take_object(char c) {
  seen_.push_back(c);
  count(c);
  return judge_object(follow(c));
}

/// Follows strings, braces and brackets. @returns whether the object is complete with this byte
bool OpenPacketReader::follow(char c) noexcept {
  if (in_string_) {
    if (escaped_) {
      escaped_ = false;
    } else if (c == '\\') {
      escaped_ = true;
    } else if (c == '"') {
      in_string_ = false;
    }
    return false;
  }
  if (c == '"') {
    in_string_ = true;
  } else if (c == '{' || c == '[') {
    ++depth_;
  } else if (c == '}' || c == ']') {
    return --depth_ == 0;
  }
  return false;
}

OpenPacketReader::Status OpenPacketReader::judge_object(bool complete) {
  if (depth_ > kMaxOpenDepth) return Status::absent;
  if (unit_ != Unit::none && counted_ > declared_) return Status::absent;
  if (!complete) return Status::need_more;
  // The client cuts the packet by its length: one that goes on after the object opens nothing.
  if (unit_ != Unit::none && counted_ != declared_) return Status::absent;
  return read_open_object(seen_, packet_) ? Status::found : Status::absent;
}

void OpenPacketReader::count(char c) noexcept {
  if (unit_ == Unit::utf16) counted_ += utf16_units(c);
  if (unit_ == Unit::byte) ++counted_;
}

}  // namespace pinion::engineio
