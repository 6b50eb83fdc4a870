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
                                              std::span<Backend* const> tried, TimePoint now) {
  for (const Which which : {Which::answering, Which::silent, Which::down}) {
    for (;;) {
      collect(set, tried, which, true);
      keep_calm_ones();
      const bool others_later = drop_those_not_due(set.rate, now);
      if (candidates_.empty() && others_later) return {Reservation{}, Refusal::paced};
      if (candidates_.empty()) break;
      const std::size_t at = choose(set.balance, candidates_, *turns_[set.pool], random_);
      const Candidate& chosen = candidates_[at];
      // Another worker placed a session meanwhile: the counts that this choice was made on are old.
      if (!reserve(set.balance, chosen)) continue;
      Reservation reservation(*chosen.backend);
      if (chosen.backend->pace().take(now, set.rate)) {
        return {std::move(reservation), Refusal::none};
      }
    }
  }
  const bool any_full =
      std::any_of(set.backends.begin(), set.backends.end(), [&](Backend* backend) {
        return backend->is_full() && !backend->draining() &&
               std::find(tried.begin(), tried.end(), backend) == tried.end();
      });
  return {Reservation{}, any_full ? Refusal::all_full : Refusal::no_backend};
}

// Unless there is none.
void Assigner::keep_calm_ones() {
  const auto is_busy = [](const Candidate& candidate) {
    return candidate.backend->standing().level != Level::calm;
  };
  if (std::ranges::all_of(candidates_, is_busy)) return;
  std::erase_if(candidates_, is_busy);
}

// @returns whether there were any
bool Assigner::drop_those_not_due(std::uint32_t rate, TimePoint now) {
  return std::erase_if(candidates_, [&](const Candidate& candidate) {
           return !candidate.backend->pace().ready(now, rate);
         }) != 0;
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
