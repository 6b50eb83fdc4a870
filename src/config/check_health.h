// The part of the checks that deals with [pool.health].
// Threads: belongs to one load.
#pragma once

#include "config/assemble.h"
#include "config/config.h"
#include "config/error.h"

namespace pinion::config {

/// Reports keys that the pool's kind of probes would not look at, and a kind that lacks what it
/// needs.
void check_health(const Pool& pool, const HealthDraft& draft, ErrorList& errors);

}  // namespace pinion::config
