// Where an id of an application's own may stand, as the file has it: "query:session_id".
// Threads: pure functions.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/config.h"

namespace pinion::config {

/// What parse_id_place() takes, for messages.
inline constexpr std::string_view kIdPlaceForms =
    "\"connect:FIELD\", \"query:NAME\", \"header:NAME\", \"cookie:NAME\" or \"json:FIELD\"";

/// Names are 1 to 64 bytes without spaces; those of headers and cookies are tokens (RFC 9110,
/// 5.6.2), and headers come in lower case. The error says what is wrong with it.
std::expected<IdPlace, std::string> parse_id_place(std::string_view text);

/// What parse_id_place() reads as the same place.
std::string to_text(const IdPlace& place);

}  // namespace pinion::config
