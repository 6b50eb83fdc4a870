// Whether pinion can take sessions.
//
// Threads: a pure function; what it reads of backends is atomic.
#pragma once

#include <string>

#include "running_config.h"

namespace pinion {

/// Empty when it can: every pool has a backend that takes them, as far as is known. Else why not.
std::string why_not_ready(const RunningConfig::Snapshot& running, TimePoint now);

}  // namespace pinion
