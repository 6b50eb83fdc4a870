// A few decoded bytes, handed from one stage of a streaming decoder to the next, and the UTF
// helpers that both JSON and JavaScript literals need.
//
// Threads: values and pure functions.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace pinion::engineio {

/// What one input byte decodes to: nothing yet, or up to a replaced surrogate and one more
/// character.
class Piece {
 public:
  void add(char c) noexcept {
    PINION_CHECK(size_ < bytes_.size(), "one input byte completes at most two characters");
    bytes_[size_++] = c;
  }
  /// Appends a code point as UTF-8 (RFC 3629).
  void add_code_point(std::uint32_t code) noexcept;
  [[nodiscard]] std::string_view view() const noexcept { return {bytes_.data(), size_}; }

 private:
  std::array<char, 8> bytes_{};
  std::uint8_t size_ = 0;
};

/// 0 to 15, or -1 for what is not a hexadecimal digit.
constexpr int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

/// Whether a byte is the second or a later one of a UTF-8 character.
constexpr bool is_utf8_continuation(char c) noexcept {
  return (static_cast<unsigned char>(c) & 0xC0U) == 0x80U;
}

/// UTF-16 code units of the character that begins with this byte, and 0 for its later bytes: summed
/// up over UTF-8 text that is the `length` of a JavaScript string, which engine.io-protocol v3
/// writes before each packet.
constexpr unsigned utf16_units(char c) noexcept {
  return (is_utf8_continuation(c) ? 0U : 1U) + (static_cast<unsigned char>(c) >= 0xF0U ? 1U : 0U);
}

}  // namespace pinion::engineio
