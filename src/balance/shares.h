// How many sessions each backend has above its share.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace pinion::balance {

struct Share {
  std::uint64_t sessions = 0;
  std::uint32_t weight = 1;
};

/// For each of `shares`: its sessions above its part of all by weight, rounded up; 0 when it has
/// not more. Weights are above 0.
std::vector<std::uint64_t> excess(std::span<const Share> shares);

}  // namespace pinion::balance
