// What a config as a whole can get wrong although each of its values is fine.
//
// Threads: belongs to one load. Reads the token file; does nothing else outside of its parameters.
#pragma once

#include "config/assemble.h"
#include "config/error.h"

namespace pinion::config {

/// Sets each route's pool by its name, then looks for names and addresses that are there twice, for
/// what no request can reach, for what is missing, and for limits that contradict one another.
void check(Draft& draft, ErrorList& errors);

}  // namespace pinion::config
