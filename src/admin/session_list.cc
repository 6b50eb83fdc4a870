#include "admin/session_list.h"

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"

namespace pinion::admin {
namespace {

// Told from an offset at a glance, so that nobody counts on adding to it.
constexpr std::string_view kCursorPrefix = "p1-";

constexpr std::array<std::pair<std::string_view, SessionSort>, 8> kSorts = {
    {{"age", SessionSort::age},
     {"idle", SessionSort::idle},
     {"bytes", SessionSort::bytes},
     {"frames", SessionSort::frames},
     {"queued", SessionSort::queued},
     {"paused", SessionSort::paused},
     {"rate", SessionSort::rate},
     {"rtt", SessionSort::rtt}}};

std::optional<SessionSort> sort_of(std::string_view name) {
  for (const auto& [known, sort] : kSorts) {
    if (known == name) return sort;
  }
  return std::nullopt;
}

std::optional<std::size_t> offset_of(std::string_view cursor) {
  if (!cursor.starts_with(kCursorPrefix)) return std::nullopt;
  cursor.remove_prefix(kCursorPrefix.size());
  std::uint32_t offset = 0;
  const auto [stopped, error] = std::from_chars(cursor.begin(), cursor.end(), offset, 16);
  if (error != std::errc{} || stopped != cursor.end()) return std::nullopt;
  return offset;
}

/// Reads one parameter into `to`; what is wrong with it, or nothing.
std::string read_parameter(std::string_view name, std::string_view value, SessionQuery& to) {
  if (name == "backend") {
    to.backend = value;
    return {};
  }
  if (name == "sort") {
    const auto sort = sort_of(value);
    if (sort) to.sort = *sort;
    return sort ? "" : "sort: allowed are age, idle, bytes, frames, queued, paused, rate, rtt";
  }
  if (name == "order") {
    to.descending = value == "desc";
    return to.descending || value == "asc" ? "" : "order: allowed are asc, desc";
  }
  if (name == "limit") {
    const auto limit = parse_decimal(value);
    if (limit) to.limit = *limit;
    const bool good = limit && *limit >= 1 && *limit <= kMostSessions;
    return good ? "" : "limit: allowed are 1 to 1000";
  }
  if (name == "cursor") {
    const auto offset = offset_of(value);
    if (offset) to.offset = *offset;
    return offset ? "" : "cursor: take it from \"next\" of the page before";
  }
  return "unknown parameter; known are backend, sort, order, limit, cursor";
}

}  // namespace

std::expected<SessionQuery, std::string> read_session_query(const std::vector<std::string>& query) {
  SessionQuery result;
  std::set<std::string_view> seen;
  for (const std::string_view pair : query) {
    const auto equals = pair.find('=');
    const std::string_view name = pair.substr(0, equals);
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : pair.substr(equals + 1);
    if (!seen.insert(name).second) return std::unexpected("a parameter is given twice");
    if (name.empty() || value.empty()) continue;  // `?sort=&limit=5` leaves sort at its default
    if (std::string wrong = read_parameter(name, value, result); !wrong.empty()) {
      return std::unexpected(std::move(wrong));
    }
  }
  return result;
}

std::string make_cursor(std::size_t offset) {
  std::array<char, 16> digits{};
  const auto [end, error] = std::to_chars(digits.data(), digits.data() + digits.size(), offset, 16);
  std::string cursor(kCursorPrefix);
  return cursor.append(digits.data(), end);
}

}  // namespace pinion::admin
