// What part of a pool's sessions each of its backends is to have: by weight, and by what
// measurements tell of their speeds, where new sessions are placed by those.
//
// Threads: any; what it reads may change meanwhile.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "balance/backend.h"

namespace pinion::balance {

/// For each of `backends`, in proportion to its sessions. By least_load one that takes at least
/// kUnlike times what is usual for a session, or no more than that part of it, has its weight
/// divided by that; but not while no loop is busier than kIdleLoop, nor where measurements cannot
/// be trusted.
std::vector<std::uint32_t> capacities(std::span<Backend* const> backends, config::Balance balance,
                                      TimePoint now);

inline constexpr double kUnlike = 2.0;
inline constexpr double kIdleLoop = 0.2;

}  // namespace pinion::balance
