// ASCII text helpers for protocol elements, independent of the locale.
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace pinion {

constexpr char ascii_lower(char c) noexcept {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Eight characters at once, in any byte order.
constexpr std::uint64_t ascii_lower8(std::uint64_t text) noexcept {
  constexpr std::uint64_t kOnes = 0x0101010101010101;
  // The top bit of each byte says: an ASCII character from 'A' on, but not behind 'Z'.
  const std::uint64_t low_bits = text & (kOnes * 0x7f);
  const std::uint64_t from_a = low_bits + kOnes * (0x80 - 'A');
  const std::uint64_t behind_z = low_bits + kOnes * (0x7f - 'Z');
  const std::uint64_t upper = ~text & (from_a ^ behind_z) & (kOnes * 0x80);
  return text | upper >> 2U;
}

namespace detail {

inline bool iequals8(const char* a, const char* b) noexcept {
  std::uint64_t x = 0;
  std::uint64_t y = 0;
  std::memcpy(&x, a, sizeof(x));
  std::memcpy(&y, b, sizeof(y));
  return ascii_lower8(x) == ascii_lower8(y);
}

}  // namespace detail

/// Equal but for the case of ASCII letters (RFC 9110, 5.1: field names are case-insensitive).
inline bool iequals(std::string_view a, std::string_view b) noexcept {
  const std::size_t size = a.size();
  if (size != b.size()) return false;
  if (size >= 8) {
    for (std::size_t at = 0; at + 8 < size; at += 8) {
      if (!detail::iequals8(a.data() + at, b.data() + at)) return false;
    }
    // The last eight once more, as far as they were looked at already.
    return detail::iequals8(a.data() + size - 8, b.data() + size - 8);
  }
  for (std::size_t at = 0; at < size; ++at) {
    if (ascii_lower(a[at]) != ascii_lower(b[at])) return false;
  }
  return true;
}

/// Lower-cased copy.
std::string to_lower(std::string_view text);

/// Without leading and trailing SP and HTAB (RFC 9110, 5.6.3: OWS).
constexpr std::string_view trim_ows(std::string_view text) noexcept {
  const auto is_ows = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && is_ows(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_ows(text.back())) text.remove_suffix(1);
  return text;
}

/// A decimal number of digits only; nothing for an empty text, a sign, other characters or
/// overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view digits) noexcept;

/// The next element of a comma-separated list (RFC 9110, 5.6.1), trimmed; removes it from `list`.
/// Empty elements are skipped; nothing when the list is used up.
std::optional<std::string_view> next_list_element(std::string_view& list) noexcept;

/// Whether a comma-separated list has this element, case-insensitively.
bool list_contains(std::string_view list, std::string_view element) noexcept;

}  // namespace pinion
