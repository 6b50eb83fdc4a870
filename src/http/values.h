// Single values out of a request head: a parameter of the query, a cookie.
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

/// A parameter of the query, percent-decoded (`+` is a space); of several the last one.
/// @returns nothing when there is none, or it is empty
std::optional<std::string> query_value(std::string_view query, std::string_view name);

/// A cookie's value as it was sent, without the quotes around it (RFC 6265, 4.1.1 and 5.4); names
/// are case-sensitive; of several the first one, which is the most specific (RFC 6265, 5.4).
/// Several Cookie fields are read as one. @returns nothing when there is none, or it is empty
std::optional<std::string_view> cookie_value(const Fields& fields, std::string_view name);

}  // namespace pinion::http
