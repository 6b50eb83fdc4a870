// Smooth weighted round robin (as nginx introduced it): each choice every backend gains its weight,
// the one with most is chosen and pays the sum. In any run of sum(weights) choices each comes
// weight times, and a heavy one does not come in one run.
#include <numeric>

#include "balance/policy.h"

namespace pinion::balance {

std::size_t round_robin(std::span<const Candidate> candidates, RoundRobinState& state) {
  const std::lock_guard lock(state.mutex);
  std::size_t best = 0;
  std::int64_t most = 0;
  std::int64_t total = 0;
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    std::int64_t& credit = state.credit[candidates[i].backend->id()];
    credit += candidates[i].weight;
    total += candidates[i].weight;
    if (i == 0 || credit > most) {
      best = i;
      most = credit;
    }
  }
  state.credit[candidates[best].backend->id()] -= total;
  return best;
}

}  // namespace pinion::balance
