// How a policy looks at the backends it may choose from. Each policy is a file of its own.
//
// Threads: pure functions over atomics that others may change meanwhile; the caller reserves and,
//   when it was too late, chooses again.
#pragma once

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <random>
#include <span>
#include <unordered_map>

#include "balance/backend.h"
#include "balance/backend_set.h"

namespace pinion::balance {

using Random = std::mt19937;

/// What the measurements say of a candidate; nothing while nothing was measured.
struct CandidateLoad {
  double busy = 0;   // predicted, with the session that is to be placed, by weight
  double trust = 0;  // 0 to 1: how far it may decide
  Duration wait{};   // of its probes
  bool hot = false;
  bool ramping = false;
  bool reported = false;  // the backend itself says how busy it is
};

/// A backend that may be chosen, with the counts that the choice was made on.
struct Candidate {
  Backend* backend = nullptr;
  Assigned assigned;
  std::uint64_t inflight = 0;
  std::uint64_t queued = 0;
  std::uint32_t weight = Backend::kWeightUnit;  // Backend::effective_weight()
  CandidateLoad load = {};
};

/// What the workers share of a pool's round robin: whose turn it is.
struct RoundRobinState {
  std::mutex mutex;
  std::unordered_map<BackendId, std::int64_t> credit;  // guarded by mutex
};

/// Index into `candidates`, which is not empty. `random` breaks ties.
std::size_t least_load(std::span<const Candidate> candidates, Random& random) noexcept;
std::size_t least_sessions(std::span<const Candidate> candidates, Random& random) noexcept;
std::size_t random_two(std::span<const Candidate> candidates, Random& random) noexcept;
/// In any run of sum(weights) choices each backend comes weight times, evenly spread.
std::size_t round_robin(std::span<const Candidate> candidates, RoundRobinState& state);

/// The policy of that name.
std::size_t choose(config::Balance balance, std::span<const Candidate> candidates,
                   RoundRobinState& turns, Random& random);

/// Whether a has fewer `amounts` per weight than b: a/wa < b/wb without division.
constexpr bool less_per_weight(std::uint64_t a, std::uint32_t weight_a, std::uint64_t b,
                               std::uint32_t weight_b) noexcept {
  return a * weight_b < b * weight_a;
}

/// The least candidate by a strict order; among equals one at random, so that workers do not herd.
template <typename Less>
std::size_t least_of(std::span<const Candidate> candidates, Random& random, Less less) noexcept {
  std::size_t best = 0;
  std::uint32_t ties = 1;
  for (std::size_t i = 1; i < candidates.size(); ++i) {
    if (less(candidates[i], candidates[best])) {
      best = i;
      ties = 1;
    } else if (!less(candidates[best], candidates[i])) {
      // Reservoir sampling: the n-th equal one replaces the choice with probability 1/n.
      if (random() % ++ties == 0) best = i;
    }
  }
  return best;
}

}  // namespace pinion::balance
