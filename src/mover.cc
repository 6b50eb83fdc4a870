#include "mover.h"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>
#include <utility>

#include "balance/explain.h"

namespace pinion {

using balance::Backend;
using session::MovePlan;

namespace {

constexpr std::string_view kDrain = "drain";
constexpr std::string_view kRebalance = "rebalance";
// Until every worker has heard that a backend is to get nothing more.
constexpr Duration kHeard = std::chrono::seconds{1};
// Requests that last no longer are not worth a word.
constexpr Duration kOthersEnd = std::chrono::seconds{5};

}  // namespace

std::vector<std::uint64_t> Mover::to_move(std::span<Backend* const> backends,
                                          config::Balance balance, TimePoint now) const {
  return Rebalance::to_move(ledger_.table(), backends, balance, now);
}

void Mover::drain(Backend& backend, const std::optional<Terms>& close, TimePoint now) {
  Drain& drain = drains_[backend.id()];
  drain.backend = &backend;
  drain.said_empty = drain.said_others = false;
  if (!close) {
    drain.plan.reset();
  } else if (drain.plan) {
    drain.plan->set_terms(*close);
  } else {
    drain.plan.emplace(*close, MovePlan::Quotas{{backend.id(), MovePlan::kAll}}, now);
  }
  log_.info("backend drains: it gets no new sessions",
            {{"pool", backend.identity().pool_name},
             {"backend", backend.identity().name},
             {"sessions", backend.assigned().live},
             {"closed_per_second", close ? close->per_second : 0.0}});
  tick(now);
}

void Mover::undrain(Backend& backend, TimePoint now) {
  if (drains_.erase(backend.id()) == 0) return;
  const balance::BackendIdentity& who = backend.identity();
  if (const std::string why = why_none_come(backend, now); !why.empty()) {
    log_.info("backend drains no longer by an order, and takes no sessions all the same",
              {{"pool", who.pool_name}, {"backend", who.name}, {"why", why}});
  } else {
    log_.info("backend takes sessions again", {{"pool", who.pool_name}, {"backend", who.name}});
  }
  publish();
}

std::string Mover::why_none_come(Backend& backend, TimePoint now) const {
  if (!used_.contains(&backend))
    return "is no longer in the config, or its host name leads elsewhere";
  constexpr std::uint32_t kWhateverItsRate = 0;
  return backend.takes_sessions() ? std::string{}
                                  : balance::explain(backend, kWhateverItsRate, now);
}

void Mover::rebalance(const balance::BackendSet& set, const Terms& terms, TimePoint now) {
  if (set.backends.empty()) return;
  const auto leave = to_move(set.backends, set.balance, now);
  log_.info(
      "pool is evened out",
      {{"pool", set.backends.front()->identity().pool_name},
       {"to_move", std::accumulate(leave.begin(), leave.end(), std::uint64_t{0})},
       {"closed_per_second", terms.per_second},
       {"waits_for_ramp", !Rebalance::ramping_receivers(set.backends, set.balance, now).empty()}});
  rebalances_.erase(set.pool);
  rebalances_.try_emplace(set.pool, ledger_.table(), set, terms, now);
  tick(now);
}

void Mover::set_patience(PoolId pool, Duration patience) {
  if (const auto at = rebalances_.find(pool); at != rebalances_.end()) {
    at->second.set_patience(patience);
  }
  for (auto& [id, drain] : drains_) {
    if (!drain.plan || drain.backend->identity().pool != pool) continue;
    drain.plan->set_terms({.per_second = drain.plan->per_second(), .patience = patience});
  }
}

void Mover::stop_rebalance(PoolId pool) {
  const auto at = rebalances_.find(pool);
  if (at == rebalances_.end()) return;
  log_.info("pool is evened out no longer, by an order",
            {{"pool", at->second.backends().front()->identity().pool_name},
             {"moved", at->second.plan().moved()}});
  rebalances_.erase(at);
  publish();
}

void Mover::use(const balance::BackendSets& sets, TimePoint now) {
  for (Backend* const backend : std::exchange(used_, {})) departed_.emplace(backend, now);
  for (const auto& set : sets) used_.insert(set->backends.begin(), set->backends.end());
  for (Backend* const backend : used_) departed_.erase(backend);
  even_out_among(sets, now);
  // A tick with nothing to do tells nothing, so what has just been given up would be shown for
  // good.
  publish();
}

// Nobody is moved towards a backend that has left, and those that are new get their part.
void Mover::even_out_among(const balance::BackendSets& sets, TimePoint now) {
  std::erase_if(rebalances_, [&](const auto& each) {
    return each.first >= sets.size() || sets[each.first]->backends.empty();
  });
  for (auto& [pool, rebalance] : rebalances_) rebalance.use(*sets[pool], now);
}

void Mover::tell_who_departed(TimePoint now) {
  std::erase_if(departed_, [&](const auto& each) {
    const auto& [backend, since] = each;
    if (now < since + kHeard || !backend->empty()) return false;
    log_.info(fmt::format("backend has left and is empty: {}", verdict(*backend)),
              {{"pool", backend->identity().pool_name}, {"backend", backend->identity().name}});
    return true;
  });
}

void Mover::tell_who_is_empty_by_agents() {
  for (const Backend* const backend : used_) {
    const balance::AgentWord& agent = backend->agent();
    // One with an order is told of by that.
    if (!agent.wants_no_sessions() || !backend->empty() || drains_.contains(backend->id()))
      continue;
    const std::uint64_t returns = agent.returns();
    const auto [told, first] = told_empty_.try_emplace(backend, returns);
    if (!first && std::exchange(told->second, returns) == returns) continue;
    log_.info(
        fmt::format("backend is empty, and its agent wants no sessions: {}", verdict(*backend)),
        {{"pool", backend->identity().pool_name},
         {"backend", backend->identity().name},
         {"agent", balance::to_string(agent.stance())}});
  }
}

std::string Mover::verdict(const Backend& empty) const {
  const Backend* const company = ledger_.registry().company_of(empty);
  if (company == nullptr) return "it can be stopped";
  const balance::BackendIdentity& who = company->identity();
  return fmt::format("its server still has {} sessions as {}/{}", company->assigned().total(),
                     who.pool_name, who.name);
}

void Mover::tick(TimePoint now) {
  if (!departed_.empty()) tell_who_departed(now);
  tell_who_is_empty_by_agents();
  if (drains_.empty() && rebalances_.empty()) return;
  for (auto& [id, drain] : drains_) go_on(drain, now);
  for (auto at = rebalances_.begin(); at != rebalances_.end();) {
    at = go_on(at->second, now) ? rebalances_.erase(at) : std::next(at);
  }
  publish();
}

void Mover::go_on(Drain& drain, TimePoint now) {
  if (drain.plan && drain.backend->assigned().live > 0) {
    Backend* const from[] = {drain.backend};
    move(*drain.plan, from, now);
  }
  if (drain.said_empty) return;
  if (!drain.backend->empty()) return tell_of_others(drain, now);
  drain.said_empty = true;
  log_.info(fmt::format("backend is drained: {}", verdict(*drain.backend)),
            {{"pool", drain.backend->identity().pool_name},
             {"backend", drain.backend->identity().name},
             {"moved", drain.plan ? drain.plan->moved() : 0}});
}

// They are nobody's sessions, so that nobody would come back: they are left to end.
void Mover::tell_of_others(Drain& drain, TimePoint now) {
  if (drain.backend->assigned().total() > 0) {
    drain.without_sessions_since.reset();
    return;
  }
  if (!drain.without_sessions_since) drain.without_sessions_since = now;
  if (drain.said_others || now < *drain.without_sessions_since + kOthersEnd) return;
  drain.said_others = true;
  log_.info(
      "backend has no sessions left, but requests without one (downloads, streams of events, "
      "WebSockets that are not of Engine.IO): it is empty when they end",
      {{"pool", drain.backend->identity().pool_name},
       {"backend", drain.backend->identity().name},
       {"requests", drain.backend->inflight()}});
}

bool Mover::go_on(Rebalance& rebalance, TimePoint now) {
  if (!rebalance.look(now)) return false;
  move(rebalance.plan(), rebalance.backends(), now);
  if (!rebalance.plan().done()) return false;
  log_.info("pool has been evened out",
            {{"pool", rebalance.backends().front()->identity().pool_name},
             {"moved", rebalance.plan().moved()}});
  return true;
}

void Mover::move(MovePlan& plan, std::span<Backend* const> from, TimePoint now) {
  plan.advance(now);
  if (plan.wants_list(now)) {
    std::unordered_set<BackendId> left;
    for (const Backend* const backend : from) {
      if (plan.remaining(backend->id()) > 0) left.insert(backend->id());
    }
    plan.offer(ledger_.table().list(left), now);
  }
  std::vector<session::Session> closing;
  while (const auto listed = plan.next(now)) {
    auto present = ledger_.table().get({listed->pool, listed->sid});
    if (!present || present->serial != listed->serial || !plan.allows(*present, now)) continue;
    plan.moved(*present);
    closing.push_back(std::move(*present));
  }
  if (!closing.empty()) closer_.close_sessions(closing, metrics::CloseReason::moved);
}

void Mover::publish() {
  std::unordered_map<BackendId, Progress> progress;
  std::map<PoolId, admin::RebalanceProgress> pools;
  for (const auto& [pool, rebalance] : rebalances_) {
    const MovePlan& plan = rebalance.plan();
    auto& whole = pools[pool];
    whole.moved = plan.moved();
    whole.per_second = plan.per_second();
    for (const Backend* const backend : rebalance.waits_for()) {
      whole.waits_for.push_back(backend->identity().name);
    }
    for (const Backend* const backend : rebalance.backends()) {
      const std::uint64_t remaining = plan.remaining(backend->id());
      whole.remaining += remaining;
      if (remaining == 0) continue;
      progress[backend->id()] = {kRebalance, remaining, plan.moved(backend->id()),
                                 plan.per_second()};
    }
  }
  for (const auto& [id, drain] : drains_) {
    if (!drain.plan) continue;
    progress[id] = {kDrain, drain.backend->assigned().live, drain.plan->moved(),
                    drain.plan->per_second()};
  }
  const std::lock_guard lock(mutex_);
  progress_ = std::move(progress);
  pools_ = std::move(pools);
}

std::optional<admin::RebalanceProgress> Mover::rebalance_progress(PoolId pool) const {
  const std::lock_guard lock(mutex_);
  const auto found = pools_.find(pool);
  if (found == pools_.end()) return std::nullopt;
  return found->second;
}

std::optional<Mover::Progress> Mover::progress(BackendId backend) const {
  const std::lock_guard lock(mutex_);
  const auto found = progress_.find(backend);
  if (found == progress_.end()) return std::nullopt;
  return found->second;
}

}  // namespace pinion
