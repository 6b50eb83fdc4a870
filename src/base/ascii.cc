#include "base/ascii.h"

#include <algorithm>
#include <charconv>

namespace pinion {

std::string to_lower(std::string_view text) {
  std::string lower(text);
  std::transform(lower.begin(), lower.end(), lower.begin(), ascii_lower);
  return lower;
}

std::optional<std::uint64_t> parse_decimal(std::string_view digits) noexcept {
  if (digits.empty() || digits.front() < '0' || digits.front() > '9') return std::nullopt;
  std::uint64_t value = 0;
  const char* end = digits.data() + digits.size();
  const auto [stopped_at, error] = std::from_chars(digits.data(), end, value);
  if (error != std::errc{} || stopped_at != end) return std::nullopt;
  return value;
}

std::optional<std::string_view> next_list_element(std::string_view& list) noexcept {
  while (!list.empty()) {
    const auto comma = list.find(',');
    const auto element = trim_ows(list.substr(0, comma));
    list.remove_prefix(comma == std::string_view::npos ? list.size() : comma + 1);
    if (!element.empty()) return element;
  }
  return std::nullopt;
}

bool list_contains(std::string_view list, std::string_view element) noexcept {
  while (const auto next = next_list_element(list)) {
    if (iequals(*next, element)) return true;
  }
  return false;
}

}  // namespace pinion
