// Errors of the TOML text itself, before any key is looked at.
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "config/position.h"

namespace pinion::config {

/// What the TOML parser says, and what usually helps.
std::string syntax_message(std::string_view description);

/// The first line whose dotted keys have more parts than any sane file, or nothing. Dots in
/// comments and in strings of one line do not count.
std::optional<Position> too_many_parts(std::string_view text);

}  // namespace pinion::config
