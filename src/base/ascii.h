// ASCII text helpers for protocol elements, independent of the locale.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pinion {

constexpr char ascii_lower(char c) noexcept {
  return (c >= 'A' && c <= 'Z') ? static_cast<char>(c - 'A' + 'a') : c;
}

/// Equal but for the case of ASCII letters (RFC 9110, 5.1: field names are case-insensitive).
bool iequals(std::string_view a, std::string_view b) noexcept;

/// Lower-cased copy.
std::string to_lower(std::string_view text);

/// Without leading and trailing SP and HTAB (RFC 9110, 5.6.3: OWS).
std::string_view trim_ows(std::string_view text) noexcept;

/// A decimal number of digits only; nothing for an empty text, a sign, other characters or
/// overflow.
std::optional<std::uint64_t> parse_decimal(std::string_view digits) noexcept;

/// The next element of a comma-separated list (RFC 9110, 5.6.1), trimmed; removes it from `list`.
/// Empty elements are skipped; nothing when the list is used up.
std::optional<std::string_view> next_list_element(std::string_view& list) noexcept;

/// Whether a comma-separated list has this element, case-insensitively.
bool list_contains(std::string_view list, std::string_view element) noexcept;

}  // namespace pinion
