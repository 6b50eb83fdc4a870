// The part of the checks that deals with [pool.affinity].
// Threads: belongs to one load.
#pragma once

#include "config/assemble.h"
#include "config/config.h"
#include "config/error.h"

namespace pinion::config {

/// Reports ids and cookies that are there twice, ids that could never be found, and a key file that
/// cannot be used; takes the key from one that can.
void check_affinity(Pool& pool, const AffinityDraft& draft, ErrorList& errors);

}  // namespace pinion::config
