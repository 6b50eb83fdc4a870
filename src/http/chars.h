// Classes of bytes in HTTP heads, as one table look-up each.
//
// Threads: constants.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace pinion::http {

enum CharClass : std::uint8_t {
  kTokenChar = 1,  // RFC 9110, 5.6.2: tchar
  kTextChar = 2,   // RFC 9110, 5.5: HTAB, SP, VCHAR, obs-text; what a field value may hold
  kTargetChar =
      4,  // of a request target: VCHAR but '#', and bytes from 0x80 that browsers and curl send
  kHostChar = 8,  // RFC 3986, 3.2.2: reg-name, but without the comma that would make a list of it
  kLiteralChar = 16,  // of an IPv6 literal, between the brackets
  kHexChar = 32,
};

namespace detail {

constexpr bool is_one_of(int c, std::string_view set) {
  return set.find(static_cast<char>(c)) != std::string_view::npos;
}

constexpr std::array<std::uint8_t, 256> make_char_table() {
  std::array<std::uint8_t, 256> table{};
  for (int c = 0; c < 256; ++c) {
    const bool digit = c >= '0' && c <= '9';
    const bool alnum = digit || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool hex = digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    const bool visible = c > 0x20 && c < 0x7f;
    unsigned classes = 0;
    if (alnum || (visible && is_one_of(c, "!#$%&'*+-.^_`|~"))) classes |= kTokenChar;
    if (visible || c >= 0x80 || c == ' ' || c == '\t') classes |= kTextChar;
    if ((visible && c != '#') || c >= 0x80) classes |= kTargetChar;
    if (alnum || (visible && is_one_of(c, "-._~%!$&'()*+;="))) classes |= kHostChar;
    if (hex || c == ':' || c == '.') classes |= kLiteralChar;
    if (hex) classes |= kHexChar;
    table[static_cast<std::size_t>(c)] = static_cast<std::uint8_t>(classes);
  }
  return table;
}

inline constexpr auto kCharTable = make_char_table();

inline constexpr std::uint64_t kOnes = 0x0101010101010101;
inline constexpr std::uint64_t kTopBits = 0x8080808080808080;

/// Not 0 if one of eight bytes is below `bound` (at most 0x80): the lowest bit that is set is that
/// byte's highest.
constexpr std::uint64_t any_below(std::uint64_t bytes, std::uint8_t bound) noexcept {
  return (bytes - kOnes * bound) & ~bytes & kTopBits;
}
constexpr std::uint64_t any_is(std::uint64_t bytes, char c) noexcept {
  return any_below(bytes ^ kOnes * static_cast<std::uint8_t>(c), 1);
}

}  // namespace detail

constexpr bool is_class(char c, CharClass wanted) noexcept {
  return (detail::kCharTable[static_cast<unsigned char>(c)] & wanted) != 0;
}

/// How many leading characters of `text` are of that class.
constexpr std::size_t span_of(std::string_view text, CharClass wanted) noexcept {
  std::size_t count = 0;
  while (count < text.size() && is_class(text[count], wanted)) ++count;
  return count;
}

/// span_of() of a long text, eight characters at a time.
/// @param odd_ones tells of eight characters which may not be `wanted`: not 0 if there are any; if
/// there are, the lowest bit that is set is that of one
template <typename OddOnes>
std::size_t span_of_words(std::string_view text, CharClass wanted, OddOnes odd_ones) noexcept {
  std::size_t count = 0;
  std::uint64_t word = 0;
  while (text.size() - count >= sizeof(word)) {
    std::memcpy(&word, text.data() + count, sizeof(word));
    const std::uint64_t odd = odd_ones(word);
    if (odd == 0) {
      count += sizeof(word);
      continue;
    }
    if (std::endian::native != std::endian::little) break;
    count += static_cast<std::size_t>(std::countr_zero(odd)) / 8;
    if (!is_class(text[count], wanted)) return count;
    ++count;
  }
  return count + span_of(text.substr(count), wanted);
}

inline std::size_t span_of_text(std::string_view text) noexcept {
  return span_of_words(text, kTextChar, [](std::uint64_t word) {
    return detail::any_below(word, 0x20) | detail::any_is(word, 0x7f);
  });
}
inline std::size_t span_of_target(std::string_view text) noexcept {
  return span_of_words(text, kTargetChar, [](std::uint64_t word) {
    return detail::any_below(word, 0x21) | detail::any_is(word, 0x7f) | detail::any_is(word, '#');
  });
}

constexpr bool all_of(std::string_view text, CharClass wanted) noexcept {
  return span_of(text, wanted) == text.size();
}

}  // namespace pinion::http
