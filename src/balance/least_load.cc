// The default policy: sessions per weight first, since a session costs for as long as it lives;
// then requests in flight; then the bytes that the backend has not read yet.
#include "balance/policy.h"

namespace pinion::balance {

std::size_t least_load(std::span<const Candidate> candidates, Random& random) noexcept {
  return least_of(candidates, random, [](const Candidate& a, const Candidate& b) {
    if (less_per_weight(a.assigned.total(), a.weight, b.assigned.total(), b.weight)) return true;
    if (less_per_weight(b.assigned.total(), b.weight, a.assigned.total(), a.weight)) return false;
    if (less_per_weight(a.inflight, a.weight, b.inflight, b.weight)) return true;
    if (less_per_weight(b.inflight, b.weight, a.inflight, a.weight)) return false;
    return less_per_weight(a.queued, a.weight, b.queued, b.weight);
  });
}

}  // namespace pinion::balance
