// The reference config: every key with its default, what is allowed, and help.
// Threads: pure functions.
#pragma once

#include <string>

namespace pinion::config {

/// A complete file in TOML that loads as it is. Committed as conf/pinion.reference.toml.
std::string reference_config();

}  // namespace pinion::config
