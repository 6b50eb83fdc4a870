// Fewest sessions per weight, and nothing else.
#include "balance/policy.h"

namespace pinion::balance {

std::size_t least_sessions(std::span<const Candidate> candidates, Random& random) noexcept {
  return least_of(candidates, random, [](const Candidate& a, const Candidate& b) {
    return less_per_weight(a.assigned.total(), a.weight, b.assigned.total(), b.weight);
  });
}

}  // namespace pinion::balance
