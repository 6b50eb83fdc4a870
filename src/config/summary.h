// A config on a screen, for `pinion check`: everything that is in force, also what the file leaves
// to its default. Threads: pure functions.
#pragma once

#include <string>

#include "config/config.h"

namespace pinion::config {

/// Section by section in the words of the file, with the default behind each value that is another
/// one, and notes on what is allowed but seldom meant.
std::string summary(const Config& config);

}  // namespace pinion::config
