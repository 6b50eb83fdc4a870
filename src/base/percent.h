// Percent-encoding (RFC 3986, 2.1) as web servers read it.
// Threads: pure functions.
#pragma once

#include <string>
#include <string_view>

namespace pinion {

enum class PlusMeans : unsigned char { plus, space };

/// Decodes %XX. An incomplete or malformed escape stays as it is, as Node and Python leave it.
/// In a query `+` means a space (WHATWG URL, application/x-www-form-urlencoded).
std::string percent_decode(std::string_view text, PlusMeans plus);

/// Encodes all but the unreserved characters (RFC 3986, 2.3): what comes out can stand anywhere.
std::string percent_encode(std::string_view text);

}  // namespace pinion
