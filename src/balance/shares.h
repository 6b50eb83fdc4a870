// How many sessions each backend has above its share.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <limits>
#include <span>
#include <vector>

namespace pinion::balance {

struct Share {
  std::uint64_t sessions = 0;
  std::uint32_t weight = 1;
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();  // that it may have
};

/// The part of each in all sessions, by weight, rounded up; what one has no room for is the
/// others'.
std::vector<std::uint64_t> parts(std::span<const Share> shares);

/// For each of `shares`: its sessions above its part of all by weight, rounded up; 0 when it has
/// not more. What one has no room for is the others' part. No more are above it in all than find
/// room below it. Weights are above 0.
std::vector<std::uint64_t> excess(std::span<const Share> shares);

}  // namespace pinion::balance
