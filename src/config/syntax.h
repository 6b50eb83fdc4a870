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

struct SyntaxError {
  Position at;
  std::string message;
};

/// What must not reach the parser, toml++ 3.3: it recurses once for each part of a dotted key, and
/// has undefined behaviour for most characters beyond ASCII where no text is (its issue 295). A
/// proxy that is told to reload such a file has to live on. Texts over several lines are read as if
/// each line stood alone: pinion has no key for them.
std::optional<SyntaxError> fatal_to_parser(std::string_view text);

}  // namespace pinion::config
