#include "balance/assigner.h"

#include <algorithm>

namespace pinion::balance {

Assigner::Which Assigner::which_is(const Backend& backend) noexcept {
  if (!backend.health().up()) return Which::down;
  if (backend.health().silent()) return Which::silent;
  return backend.draining() ? Which::draining : Which::answering;
}

void Assigner::collect(const BackendSet& set, std::span<Backend* const> tried, Which which,
                       bool for_session) {
  candidates_.clear();
  for (Backend* const backend : set.backends) {
    if (which_is(*backend) != which) continue;
    if (for_session && (backend->draining() || backend->is_full())) continue;
    if (std::find(tried.begin(), tried.end(), backend) != tried.end()) continue;
    candidates_.push_back({.backend = backend,
                           .assigned = backend->assigned(),
                           .inflight = backend->inflight(),
                           .queued = backend->queued_bytes(),
                           .weight = backend->weight()});
  }
}

namespace {

// Where counts decided, the place is taken only if they still hold; where they did not, old ones
// are no reason to choose again.
bool reserve(config::Balance balance, const Candidate& chosen) noexcept {
  const bool by_counts = balance != config::Balance::round_robin;
  Assigned seen = chosen.assigned;
  while (!chosen.backend->try_reserve(seen)) {
    if (by_counts || chosen.backend->is_full()) return false;
    seen = chosen.backend->assigned();
  }
  return true;
}

}  // namespace

Assigner::Assignment Assigner::assign_session(const BackendSet& set,
                                              std::span<Backend* const> tried) {
  for (const Which which : {Which::answering, Which::silent, Which::down}) {
    collect(set, tried, which, true);
    while (!candidates_.empty()) {
      const std::size_t at = choose(set.balance, candidates_, *turns_[set.pool], random_);
      const Candidate& chosen = candidates_[at];
      if (reserve(set.balance, chosen)) return {Reservation(*chosen.backend), Refusal::none};
      // Another worker placed a session meanwhile: the counts that this choice was made on are old.
      collect(set, tried, which, true);
    }
  }
  const bool any_full =
      std::any_of(set.backends.begin(), set.backends.end(), [&](Backend* backend) {
        return backend->is_full() && !backend->draining() &&
               std::find(tried.begin(), tried.end(), backend) == tried.end();
      });
  return {Reservation{}, any_full ? Refusal::all_full : Refusal::no_backend};
}

Backend* Assigner::pick_for_request(const BackendSet& set, std::span<Backend* const> tried) {
  for (const Which which : {Which::answering, Which::draining, Which::silent, Which::down}) {
    collect(set, tried, which, false);
    if (candidates_.empty()) continue;
    const auto less = [](const Candidate& a, const Candidate& b) {
      return less_per_weight(a.inflight, a.weight, b.inflight, b.weight);
    };
    return candidates_[least_of(candidates_, random_, less)].backend;
  }
  return nullptr;
}

}  // namespace pinion::balance
