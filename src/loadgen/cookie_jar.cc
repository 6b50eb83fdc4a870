#include "loadgen/cookie_jar.h"

#include <algorithm>

#include "base/ascii.h"

namespace pinion::loadgen {

void CookieJar::take(const http::Fields& fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const http::Field field = fields[i];
    if (iequals(field.name, "set-cookie"))
      set(trim_ows(field.value.substr(0, field.value.find(';'))));
  }
}

void CookieJar::set(std::string_view pair) {
  const auto equals = pair.find('=');
  if (equals == 0 || equals == std::string_view::npos || pair.size() > kMostBytes) return;
  const std::string_view name = pair.substr(0, equals + 1);
  std::erase_if(pairs_, [&](const std::string& known) { return known.starts_with(name); });
  // A server takes one back by an empty value with a date that has passed.
  if (pair.size() > name.size() && pairs_.size() < kMost) pairs_.emplace_back(pair);
}

std::string CookieJar::header() const {
  std::string value;
  for (const std::string& pair : pairs_) {
    if (!value.empty()) value.append("; ");
    value.append(pair);
  }
  return value;
}

}  // namespace pinion::loadgen
