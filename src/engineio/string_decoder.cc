#include "engineio/string_decoder.h"

#include <optional>

namespace pinion::engineio {
namespace {

constexpr std::uint32_t kReplacement = 0xFFFD;

constexpr bool is_high_surrogate(std::uint32_t unit) noexcept {
  return unit >= 0xD800 && unit < 0xDC00;
}

constexpr bool is_low_surrogate(std::uint32_t unit) noexcept {
  return unit >= 0xDC00 && unit < 0xE000;
}

/// The character that an escape of two characters stands for.
std::optional<char> short_escape(char c, StringDecoder::Language language) noexcept {
  switch (c) {
    case '"':
    case '\\':
    case '/':
      return c;
    case 'b':
      return '\b';
    case 'f':
      return '\f';
    case 'n':
      return '\n';
    case 'r':
      return '\r';
    case 't':
      return '\t';
    default:
      break;
  }
  if (language == StringDecoder::Language::json) return std::nullopt;
  if (c == 'v') return '\v';
  if (c == '0') return '\0';
  return c;
}

}  // namespace

StringDecoder::Status StringDecoder::push(char c, Piece& out) noexcept {
  switch (state_) {
    case State::text:
      return push_text(c, out);
    case State::escape:
      return push_escape(c, out);
    case State::digits:
      return push_digit(c, out);
  }
  return Status::bad;
}

StringDecoder::Status StringDecoder::push_text(char c, Piece& out) noexcept {
  if (c == '\\') {
    state_ = State::escape;
    return Status::more;
  }
  // JavaScript forbids a bare newline here, but python-engineio writes one.
  if (language_ == Language::json && static_cast<unsigned char>(c) < 0x20) return Status::bad;
  release_high_surrogate(out);
  if (c == '"') return Status::closed;
  out.add(c);
  return Status::more;
}

StringDecoder::Status StringDecoder::push_escape(char c, Piece& out) noexcept {
  if (c == 'u' || (c == 'x' && language_ == Language::javascript)) {
    state_ = State::digits;
    digits_left_ = c == 'u' ? 4 : 2;
    unit_ = 0;
    return Status::more;
  }
  state_ = State::text;
  const auto plain = short_escape(c, language_);
  if (!plain) return Status::bad;
  release_high_surrogate(out);
  out.add(*plain);
  return Status::more;
}

StringDecoder::Status StringDecoder::push_digit(char c, Piece& out) noexcept {
  const int digit = hex_digit(c);
  if (digit < 0) return Status::bad;
  unit_ = static_cast<std::uint16_t>(unit_ * 16 + digit);
  if (--digits_left_ == 0) {
    state_ = State::text;
    add_unit(out);
  }
  return Status::more;
}

void StringDecoder::add_unit(Piece& out) noexcept {
  if (high_surrogate_ != 0 && is_low_surrogate(unit_)) {
    const std::uint32_t high = high_surrogate_ - 0xD800U;
    high_surrogate_ = 0;
    out.add_code_point(0x10000U + (high << 10U) + (unit_ - 0xDC00U));
    return;
  }
  release_high_surrogate(out);
  if (is_high_surrogate(unit_)) {
    high_surrogate_ = unit_;
  } else {
    out.add_code_point(is_low_surrogate(unit_) ? kReplacement : unit_);
  }
}

void StringDecoder::release_high_surrogate(Piece& out) noexcept {
  if (high_surrogate_ == 0) return;
  high_surrogate_ = 0;
  out.add_code_point(kReplacement);
}

}  // namespace pinion::engineio
