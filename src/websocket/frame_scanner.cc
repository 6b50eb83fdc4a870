#include "websocket/frame_scanner.h"

namespace pinion::websocket {
namespace {

constexpr std::uint8_t kFin = 0x80;
constexpr std::uint8_t kRsv1 = 0x40;
constexpr std::uint8_t kLength16 = 126;  // the length stands in the next two bytes
constexpr std::uint8_t kLength64 = 127;  // or in the next eight

constexpr bool is_known(std::uint8_t opcode) noexcept {
  constexpr std::uint32_t kKnown = 0b0000'0111'0000'0111;
  return ((kKnown >> opcode) & 1U) != 0;
}

std::uint64_t load_big_endian(const std::uint8_t* at, std::size_t bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < bytes; ++i) value = value << 8U | at[i];
  return value;
}

}  // namespace

FrameScanner::Step FrameScanner::next(std::string_view in) noexcept {
  Step step;
  if (broken()) {
    step.consumed = in.size();
    return step;
  }
  if (remaining_ > 0) {
    step.consumed = static_cast<std::size_t>(std::min<std::uint64_t>(remaining_, in.size()));
    step.payload = in.substr(0, step.consumed);
    step.payload_offset = header_.length - remaining_;
    remaining_ -= step.consumed;
    step.frame_ends = remaining_ == 0;
    return step;
  }
  while (step.consumed < in.size()) {
    take_header_byte(static_cast<std::uint8_t>(in[step.consumed++]));
    if (state_ == State::boundary) {
      step.frame_begins = true;
      step.frame_ends = remaining_ == 0;
      break;
    }
    if (broken()) step.consumed = in.size();
  }
  return step;
}

std::size_t FrameScanner::take_whole_header(const std::uint8_t* at) noexcept {
  take_first_byte(at[0]);
  if (broken()) return 1;
  take_second_byte(at[1]);
  if (broken()) return 2;
  const std::uint8_t* const begin = at;
  at += 2;
  if (state_ == State::length) {
    const bool too_long = missing_ == 8 && (at[0] & 0x80U) != 0;
    header_.length = load_big_endian(at, missing_);
    at += missing_;
    if (too_long) {
      state_ = State::broken;
      return static_cast<std::size_t>(at - begin);
    }
  }
  if (header_.masked) {
    std::copy_n(at, sizeof(header_.mask), header_.mask);
    at += sizeof(header_.mask);
  }
  header_complete();
  return static_cast<std::size_t>(at - begin);
}

void FrameScanner::take_header_byte(std::uint8_t byte) noexcept {
  switch (state_) {
    case State::boundary:
      take_first_byte(byte);
      break;
    case State::second_byte:
      take_second_byte(byte);
      break;
    case State::length:
      take_length_byte(byte);
      break;
    case State::mask:
      header_.mask[sizeof(header_.mask) - missing_] = byte;
      if (--missing_ == 0) header_complete();
      break;
    case State::broken:
      break;
  }
}

void FrameScanner::take_first_byte(std::uint8_t byte) noexcept {
  const auto opcode = static_cast<std::uint8_t>(byte & 0x0FU);
  header_ = {};
  header_.fin = (byte & kFin) != 0;
  header_.rsv1 = (byte & kRsv1) != 0;
  header_.opcode = static_cast<Opcode>(opcode);
  const bool allowed = is_known(opcode) && (header_.fin || !is_control(header_.opcode));
  state_ = allowed ? State::second_byte : State::broken;
}

void FrameScanner::take_second_byte(std::uint8_t byte) noexcept {
  const auto length = static_cast<std::uint8_t>(byte & 0x7FU);
  header_.masked = (byte & kMaskBit) != 0;
  if (is_control(header_.opcode) && length > kMaxControlPayload) {
    state_ = State::broken;
  } else if (length < kLength16) {
    header_.length = length;
    length_complete();
  } else {
    missing_ = length == kLength64 ? 8 : 2;
    state_ = State::length;
  }
}

void FrameScanner::take_length_byte(std::uint8_t byte) noexcept {
  if (missing_ == 8 && (byte & 0x80U) != 0) {
    state_ = State::broken;
    return;
  }
  header_.length = header_.length << 8U | byte;
  if (--missing_ == 0) length_complete();
}

void FrameScanner::length_complete() noexcept {
  if (header_.masked) {
    missing_ = sizeof(header_.mask);
    state_ = State::mask;
  } else {
    header_complete();
  }
}

void FrameScanner::header_complete() noexcept {
  remaining_ = header_.length;
  state_ = State::boundary;
  if (!is_control(header_.opcode)) in_message_ = !header_.fin;
}

}  // namespace pinion::websocket
