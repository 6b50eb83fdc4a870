// The man page pinion.toml(5), made from the table of keys.
// Threads: pure functions.
#pragma once

#include <string>

namespace pinion::config {

/// The page as source for scdoc(1). Committed as man/pinion.toml.5.scd.
std::string man_page();

}  // namespace pinion::config
