// In words and numbers, why a backend gets new sessions or does not.
//
// Threads: any; what it reads may change meanwhile.
#pragma once

#include <optional>
#include <string>

#include "balance/backend.h"

namespace pinion::balance {

/// The busy share that is to be expected of it, from 0; nothing while measurements say nothing.
std::optional<double> load_of(const Backend& backend, TimePoint now) noexcept;

/// What its choice rests on, such as "measured", "counting: no measurements", "ramping 12 s",
/// "hot: probes wait 120 ms", "busy by its limit of sessions: ...", "full", "silent: ..." or
/// "down"; the weightiest alone.
/// @param rate of its pool, new sessions a second; 0: no limit, or its turn was not waited for
/// @param balance of its pool: what is measured decides by least_load alone
std::string explain(const Backend& backend, std::uint32_t rate, TimePoint now,
                    config::Balance balance = config::Balance::least_load);

}  // namespace pinion::balance
