// The part of the checks that deals with [pool.thresholds].
// Threads: belongs to one load.
#pragma once

#include "config/assemble.h"
#include "config/config.h"
#include "config/error.h"

namespace pinion::config {

/// Reports limits by which a backend would be full before it is busy.
void check_thresholds(const Thresholds& thresholds, const ThresholdsDraft& draft,
                      ErrorList& errors);

}  // namespace pinion::config
