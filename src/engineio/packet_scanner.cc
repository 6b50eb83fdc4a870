#include "engineio/packet_scanner.h"

#include <algorithm>

#include "engineio/connect_packet.h"
#include "engineio/dialect.h"

namespace pinion::engineio {
namespace {

constexpr char kClose = '1';
constexpr char kPing = '2';
constexpr char kPong = '3';
constexpr std::uint64_t kMaxLength = std::uint64_t{1}
                                     << 40U;  // beyond any body: the framing is lost

std::uint64_t count_utf16_units(std::string_view text) noexcept {
  std::uint64_t units = 0;
  for (const char c : text) units += utf16_units(c);
  return units;
}

}  // namespace

PacketScanner::PacketScanner(Body body) noexcept : body_(body) {
  if (body.opaque) {
    stage_ = Stage::over;
    saw_more_ = true;
  } else if (body.jsonp_post) {
    coding_ = Coding::form;
    stage_ = Stage::form_head;
  } else if (body.jsonp_answer) {
    coding_ = Coding::literal;
    stage_ = Stage::literal_head;
  } else {
    stage_ = first_stage();
  }
}

PacketScanner::Stage PacketScanner::first_stage() const noexcept {
  if (body_.revision >= 4) return Stage::separated;
  // Text is all that JSONP can carry, whatever the Content-Type.
  return body_.binary && coding_ == Coding::none ? Stage::binary_kind : Stage::length;
}

void PacketScanner::feed(std::string_view bytes) noexcept {
  if (coding_ == Coding::none) {
    scan(bytes);
    return;
  }
  for (const char c : bytes) {
    if (stage_ == Stage::over) return;
    if (!take_head(c)) take_coded(c);
  }
}

void PacketScanner::finish() noexcept {
  if (coding_ == Coding::form && stage_ != Stage::form_head && stage_ != Stage::over) {
    Piece piece;
    form_.finish(piece);
    scan(piece.view());
  }
  stage_ = Stage::over;
}

/// @returns false if the byte is behind the head
bool PacketScanner::take_head(char c) noexcept {
  constexpr std::string_view kFormHead = "d=";
  if (stage_ == Stage::form_head) {
    if (c != kFormHead[remaining_]) {
      stage_ = Stage::over;
    } else if (++remaining_ == kFormHead.size()) {
      remaining_ = 0;
      stage_ = first_stage();
    }
    return true;
  }
  if (stage_ == Stage::literal_head) {
    if (c == '"') stage_ = first_stage();
    return true;
  }
  return false;
}

void PacketScanner::take_coded(char c) noexcept {
  Piece piece;
  const bool goes_on = coding_ == Coding::form
                           ? form_.push(c, piece)
                           : literal_.push(c, piece) == StringDecoder::Status::more;
  scan(piece.view());
  if (!goes_on) stage_ = Stage::over;
}

void PacketScanner::scan(std::string_view payload) noexcept {
  while (!payload.empty()) {
    std::size_t used = 1;
    switch (stage_) {
      case Stage::separated:
        used = scan_separated(payload);
        break;
      case Stage::length:
        used = scan_length(payload.front());
        break;
      case Stage::text:
        used = scan_text(payload);
        break;
      case Stage::binary_kind:
      case Stage::binary_length:
        take_binary_head(payload.front());
        break;
      case Stage::binary:
        used = scan_binary(payload);
        break;
      case Stage::form_head:
      case Stage::literal_head:
      case Stage::over:
        return;
    }
    payload.remove_prefix(used);
  }
}

std::size_t PacketScanner::scan_separated(std::string_view payload) noexcept {
  if (at_start_ && payload.front() != kBetweenPackets) begin_packet(payload.front(), false);
  const auto separator = payload.find(kBetweenPackets);
  if (separator == std::string_view::npos) return payload.size();
  at_start_ = true;
  return separator + 1;
}

std::size_t PacketScanner::scan_length(char c) noexcept {
  if (c == ':' && has_digits_) {
    has_digits_ = false;
    at_start_ = true;
    if (remaining_ > 0) stage_ = Stage::text;
  } else if (c >= '0' && c <= '9') {
    add_digit(c - '0');
  } else if (!is_utf8_continuation(c) || has_digits_ || packets_ == 0) {
    stage_ = Stage::over;
  }
  // What is left are the later bytes of the last packet's last character: its first byte made the
  // count full.
  return 1;
}

std::size_t PacketScanner::scan_text(std::string_view payload) noexcept {
  if (at_start_) begin_packet(payload.front(), false);
  // In UTF-8 this many bytes are all of this packet: none stands for more than one unit but the
  // first of four.
  const auto stretch = payload.substr(0, std::min<std::uint64_t>(remaining_, payload.size()));
  const std::uint64_t units = count_utf16_units(stretch);
  if (units > remaining_) return scan_overlong_text(stretch);
  remaining_ -= units;
  if (remaining_ == 0) stage_ = Stage::length;
  return stretch.size();
}

/// Finds where the packet ends in a stretch that has more units than it: its length cuts a
/// surrogate pair in two, or it is not UTF-8.
std::size_t PacketScanner::scan_overlong_text(std::string_view stretch) noexcept {
  std::size_t used = 0;
  while (remaining_ > 0) {
    const std::uint64_t units = utf16_units(stretch[used++]);
    if (units > remaining_) {
      stage_ = Stage::over;
      return used;
    }
    remaining_ -= units;
  }
  stage_ = Stage::length;
  return used;
}

void PacketScanner::take_binary_head(char c) noexcept {
  if (stage_ == Stage::binary_kind) {
    data_packet_ = c == '\x01';
    stage_ = c == '\0' || data_packet_ ? Stage::binary_length : Stage::over;
  } else if (c == '\xFF' && has_digits_) {
    has_digits_ = false;
    at_start_ = true;
    stage_ = remaining_ > 0 ? Stage::binary : Stage::binary_kind;
  } else if (c >= 0 && c <= 9) {
    add_digit(c);
  } else {
    stage_ = Stage::over;
  }
}

std::size_t PacketScanner::scan_binary(std::string_view payload) noexcept {
  if (at_start_) begin_packet(payload.front(), data_packet_);
  const auto used = std::min<std::uint64_t>(remaining_, payload.size());
  remaining_ -= used;
  if (remaining_ == 0) stage_ = Stage::binary_kind;
  return used;
}

void PacketScanner::add_digit(int digit) noexcept {
  has_digits_ = true;
  remaining_ = remaining_ * 10 + static_cast<std::uint64_t>(digit);
  if (remaining_ > kMaxLength) stage_ = Stage::over;
}

// The type of a packet is a digit; in data packets it is the number itself.
void PacketScanner::begin_packet(char first, bool data) noexcept {
  at_start_ = false;
  ++packets_;
  const char type = data ? static_cast<char>(first + '0') : first;
  saw_close_ = saw_close_ || type == kClose;
  saw_ping_ = saw_ping_ || type == kPing;
  saw_pong_ = saw_pong_ || type == kPong;
  saw_more_ = saw_more_ || (type != kPing && type != kPong && type != kNoop.front());
}

}  // namespace pinion::engineio
