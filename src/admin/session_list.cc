#include "admin/session_list.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "base/ascii.h"

namespace pinion::admin {
namespace {

// The form has a number, so that one of another version is told from what it would mean here.
constexpr std::string_view kCursorPrefix = "p2-";

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

constexpr int kHex = 16;

template <typename Number>
bool take_number(std::string_view& text, Number& to) {
  const auto [stopped, error] = std::from_chars(text.begin(), text.end(), to, kHex);
  if (error != std::errc{} || stopped == text.end() || *stopped != '-') return false;
  text.remove_prefix(static_cast<std::size_t>(stopped - text.begin()) + 1);
  return true;
}

bool take_bytes(std::string_view text, std::string& to) {
  if (text.size() % 2 != 0) return false;
  for (; !text.empty(); text.remove_prefix(2)) {
    std::uint8_t byte = 0;
    const auto [stopped, error] = std::from_chars(text.begin(), text.begin() + 2, byte, kHex);
    if (error != std::errc{} || stopped != text.begin() + 2) return false;
    to += static_cast<char>(byte);
  }
  return true;
}

std::optional<SessionCursor> cursor_of(std::string_view text) {
  SessionCursor cursor;
  if (!text.starts_with(kCursorPrefix)) return std::nullopt;
  text.remove_prefix(kCursorPrefix.size());
  if (!take_number(text, cursor.key) || !take_number(text, cursor.pool)) return std::nullopt;
  if (!take_bytes(text, cursor.sid)) return std::nullopt;
  return cursor;
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
    to.after = cursor_of(value);
    return to.after ? "" : "cursor: take it from \"next\" of the page before";
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

std::string make_cursor(const SessionCursor& last) {
  std::string cursor = fmt::format("{}{:x}-{:x}-", kCursorPrefix, last.key, last.pool);
  for (const char byte : last.sid) cursor += fmt::format("{:02x}", static_cast<std::uint8_t>(byte));
  return cursor;
}

}  // namespace pinion::admin
