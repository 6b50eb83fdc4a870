// What probes tell of a backend for as long as it is worth something: limits and whoever reads the
// numbers go by the same.
//
// Threads: any.
#pragma once

#include "balance/backend.h"

namespace pinion::balance {

/// What its probes told last, with the wait of one that is still out. 10 s after they last told
/// something the confidence is 0, with busy share and wait; the rest is as it was.
ProbeReading fresh_probes(const Backend& backend, TimePoint now) noexcept;

}  // namespace pinion::balance
