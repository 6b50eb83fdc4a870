// Just enough HTTP/1.1 to talk to proxies that are known to speak it well: heads, and bodies with
// Content-Length. A message that is chunked is no message here, and shows as an error.
#pragma once

#include <optional>
#include <string_view>

namespace pinion::bench {

struct Message {
  std::string_view first_line, fields, body;
  std::size_t size = 0;  // of all of it on the wire
};

/// The message at the front of `bytes`, when all of it is there. A 1xx has no body.
std::optional<Message> read_message(std::string_view bytes);

/// The value of a header field, by its name in lower case; empty when there is none.
std::string_view field(const Message& message, std::string_view name);

/// The second word of the first line: a request's target, or a response's status.
std::string_view second_word(const Message& message);

/// The value of a query parameter as it stands there; empty when there is none.
std::string_view query_value(std::string_view target, std::string_view name);

}  // namespace pinion::bench
