#include "balance/ramp_gate.h"

#include <algorithm>
#include <iterator>

namespace pinion::balance {

std::vector<Backend*> RampGate::held_back(std::span<Backend* const> backends, TimePoint now) {
  const auto takes_part = [](const Backend* one) { return one->opens_sessions(); };
  double weights = 0;
  for (const Backend* const backend : backends)
    weights += takes_part(backend) ? backend->weight() : 0;
  std::vector<Backend*> held;
  std::ranges::copy_if(backends, std::back_inserter(held), [&](const Backend* backend) {
    return takes_part(backend) && kShares * backend->weight() < weights &&
           backend->forecast().is_ramping(now, backend->returns());
  });
  return held;
}

bool RampGate::admits(PoolId pool, BackendId backend, double fair) {
  const std::uint64_t placed = placed_[pool];
  // The session that is asked for counts already.
  const auto [at, is_new] = credits_.try_emplace(backend, Credit{.placed = placed - 1});
  Credit& credit = at->second;
  const double share = kShares * fair;
  const auto news = static_cast<double>(placed - credit.placed);
  // What it was not given it does not get all at once later.
  credit.sessions = std::min(credit.sessions + news * share, 1 + share);
  credit.placed = placed;
  return credit.sessions >= 1;
}

void RampGate::took(BackendId backend) {
  const auto at = credits_.find(backend);
  if (at != credits_.end()) at->second.sessions = std::max(at->second.sessions - 1, 0.0);
}

}  // namespace pinion::balance
