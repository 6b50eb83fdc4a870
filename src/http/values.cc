#include "http/values.h"

#include "base/ascii.h"
#include "base/percent.h"
#include "http/query.h"

namespace pinion::http {
namespace {

std::string_view without_quotes(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.front() == '"' && value.back() == '"';
  return quoted ? value.substr(1, value.size() - 2) : value;
}

/// The cookie's value in one Cookie field; nothing when it is not there.
std::optional<std::string_view> cookie_in(std::string_view field, std::string_view name) noexcept {
  while (!field.empty()) {
    const auto end = field.find(';');
    const std::string_view pair = field.substr(0, end);
    field.remove_prefix(end == std::string_view::npos ? field.size() : end + 1);
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || trim_ows(pair.substr(0, equals)) != name) continue;
    return without_quotes(trim_ows(pair.substr(equals + 1)));
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> query_value(std::string_view query, std::string_view name) {
  std::optional<std::string_view> last;
  QueryReader pairs{query};
  for (QueryPair pair; pairs.next(pair);) {
    if (reads_as(pair.name, name)) last = pair.value;
  }
  if (!last || last->empty()) return std::nullopt;
  return percent_decode(*last, PlusMeans::space);
}

std::optional<std::string_view> cookie_value(const Fields& fields, std::string_view name) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (field.known != FieldName::cookie) continue;
    const auto value = cookie_in(field.value, name);
    if (value) return value->empty() ? std::nullopt : value;
  }
  return std::nullopt;
}

}  // namespace pinion::http
