#include "balance/assigner.h"

#include <algorithm>
#include <numeric>

namespace pinion::balance {

namespace {

// Backends of a large pool that are drawn in search of two that take sessions.
constexpr int kMostDrawn = 32;
// Those beside them that stay out for what their agents leave of their weights.
constexpr int kMostPassedOver = 1000;

bool is_among(std::span<Backend* const> backends, const Backend* backend) noexcept {
  return std::find(backends.begin(), backends.end(), backend) != backends.end();
}

// In place, since it is done for each backend at each choice.
void look_at(Backend& backend, Candidate& candidate) noexcept {
  candidate.backend = &backend;
  candidate.assigned = backend.assigned();
  candidate.inflight = backend.inflight();
  candidate.queued = backend.queued_bytes();
  candidate.weight = backend.effective_weight();
}

// Many sessions may have come since the limits were looked at.
bool is_busy(const BackendSet& set, const Backend& backend, const Assigned& assigned) noexcept {
  const std::uint64_t most = set.thresholds.busy.sessions;
  return backend.standing().level != Level::calm || (most != 0 && assigned.total() >= most);
}

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

Assigner::Which Assigner::which_is(const Backend& backend) noexcept {
  if (!backend.health().up()) return Which::down;
  if (backend.health().silent()) return Which::silent;
  return backend.draining() ? Which::draining : Which::answering;
}

// Room appears there, so who waits for it is served better than by one that answers nobody.
bool Assigner::is_full_and_well(const Backend& backend, TimePoint now) noexcept {
  return backend.is_full() && which_is(backend) == Which::answering &&
         backend.health().may_try_handshake(now);
}

// One that fails its handshakes is tried now and then; else it is as good as one that is silent.
Assigner::Which Assigner::which_for_session(const Backend& backend, TimePoint now) noexcept {
  if (backend.draining() || backend.is_full()) return Which::none;
  const Which which = which_is(backend);
  const bool is_try = backend.health().may_try_handshake(now);
  return which == Which::answering && !is_try ? Which::silent : which;
}

template <typename Belongs>
void Assigner::collect(const BackendSet& set, std::span<Backend* const> tried, Belongs belongs) {
  candidates_.clear();
  for (Backend* const backend : set.backends) {
    if (!belongs(*backend) || is_among(tried, backend)) continue;
    look_at(*backend, candidates_.emplace_back());
  }
}

// @returns whether some were left out that may be taken in a moment
bool Assigner::collect_for_session(const BackendSet& set, std::span<Backend* const> tried,
                                   Which which, TimePoint now) {
  const bool draws = set.balance == config::Balance::least_load && which == Which::answering &&
                     set.backends.size() > kMostCompared;
  if (draws && draw_two(set, tried, now)) return false;
  collect(set, tried, [&](const Backend& one) { return which_for_session(one, now) == which; });
  for (Candidate& candidate : candidates_) weigh_load(candidate, now);
  // Before it is asked who is calm: one that is so because it is new, or was full a moment ago,
  // gets no more than its share while others, if busy, have room.
  hold_back_ramping(set.pool);
  const bool some_later = drop_those_not_due(set.rate, now);
  keep_calm_ones(set);
  return some_later;
}

void Assigner::weigh_load(Candidate& candidate, TimePoint now) {
  const Forecast forecast = candidate.backend->forecast();
  const double fresh = freshness(forecast.at, now);
  const std::uint64_t sessions = candidate.assigned.total() + 1;
  const auto reported =
      candidate.backend->reported_load().expected(sessions, forecast.reported_by_session, now);
  const double busy = std::max(forecast.busy(sessions, candidate.queued), reported.value_or(0));
  CandidateLoad& load = candidate.load;
  load.busy = busy * Backend::kWeightUnit / candidate.weight;
  load.reported = reported.has_value();
  load.trust = forecast.trust * fresh;
  load.wait = forecast.wait;
  load.hot = forecast.hot && fresh > 0;
  load.ramping = forecast.is_ramping(now, candidate.backend->returns());
}

bool Assigner::may_take(PoolId pool, const Candidate& candidate, double fair) {
  if (candidate.load.ramping) return gate_.admits(pool, candidate.backend->id(), fair);
  gate_.done(candidate.backend->id());
  return true;
}

void Assigner::hold_back_ramping(PoolId pool) {
  const auto ramps = [](const Candidate& one) { return one.load.ramping; };
  if (gate_.empty() && std::ranges::none_of(candidates_, ramps)) return;
  const auto add = [](double sum, const Candidate& one) { return sum + one.weight; };
  const double weights = std::accumulate(candidates_.begin(), candidates_.end(), 0.0, add);
  const auto held_back = [&](const Candidate& one) {
    return !may_take(pool, one, one.weight / weights);
  };
  // Not in one go: each must be asked, so that none misses what this arrival gives it.
  const auto held = std::count_if(candidates_.begin(), candidates_.end(), held_back);
  if (held == 0 || held == std::ssize(candidates_)) return;
  std::erase_if(candidates_, held_back);
}

// Two that differ, by lot, in proportion to their weights; none that is hot, if others are soon
// found. @returns whether one was found
bool Assigner::draw_two(const BackendSet& set, std::span<Backend* const> tried, TimePoint now) {
  candidates_.clear();
  std::uniform_int_distribution<std::uint64_t> lot{0, set.total_weight() - 1};
  std::uniform_int_distribution<std::uint32_t> below_percent{0, AgentWord::kWhole - 1};
  const auto weights = static_cast<double>(set.total_weight());
  int passed_over = 0;
  for (int drawn = 0; drawn < kMostDrawn; ++drawn) {
    Backend& backend = set.at_weight(lot(random_));
    // The set knows the configured weights; what its agent leaves of one changes from moment to
    // moment.
    if (below_percent(random_) >= backend.agent().percent()) {
      if (++passed_over <= kMostPassedOver) --drawn;
      continue;
    }
    if (which_for_session(backend, now) != Which::answering) continue;
    if (is_busy(set, backend, backend.assigned()) || !backend.pace().ready_for_new(now, set.rate))
      continue;
    if (is_among(tried, &backend)) continue;
    const auto is_same = [&](const Candidate& one) { return one.backend == &backend; };
    if (std::any_of(candidates_.begin(), candidates_.end(), is_same)) continue;
    Candidate candidate;
    look_at(backend, candidate);
    weigh_load(candidate, now);
    if (!may_take(set.pool, candidate, backend.weight() / weights)) continue;
    candidates_.push_back(candidate);
    const auto cool = std::count_if(candidates_.begin(), candidates_.end(),
                                    [](const Candidate& one) { return !one.load.hot; });
    if (cool == 2) break;
  }
  return !candidates_.empty();
}

Assigner::Assignment Assigner::assign_session(const BackendSet& set,
                                              std::span<Backend* const> tried, TimePoint now,
                                              Purpose purpose) {
  const auto placed = [&](const Candidate& chosen) {
    gate_.took(chosen.backend->id());
    // One that failed before was counted then.
    if (tried.empty()) gate_.placed(set.pool);
  };
  for (const Which which : {Which::answering, Which::silent, Which::down}) {
    for (;;) {
      const bool others_later = collect_for_session(set, tried, which, now);
      if (candidates_.empty() && others_later) return {Reservation{}, Refusal::paced};
      if (candidates_.empty()) break;
      const std::size_t at = choose(set.balance, candidates_, turns_[set.pool], random_);
      const Candidate& chosen = candidates_[at];
      // Another worker placed a session meanwhile: the counts that this choice was made on are old.
      if (!reserve(set.balance, chosen)) continue;
      Reservation reservation(*chosen.backend);
      if (purpose == Purpose::herald) {
        placed(chosen);
        return {std::move(reservation), Refusal::none};
      }
      if (which == Which::answering && !chosen.backend->health().take_try(now)) continue;
      if (chosen.backend->pace().take(now, set.rate)) {
        placed(chosen);
        return {std::move(reservation), Refusal::none};
      }
    }
    const auto is_waited_for = [&](const Backend* one) {
      return is_full_and_well(*one, now) && !is_among(tried, one);
    };
    if (std::ranges::any_of(set.backends, is_waited_for)) return {Reservation{}, Refusal::all_full};
  }
  const bool any_full = std::ranges::any_of(set.backends, [&](const Backend* one) {
    return one->is_full() && !one->draining() && !is_among(tried, one);
  });
  return {Reservation{}, any_full ? Refusal::all_full : Refusal::no_backend};
}

// Unless there is none.
void Assigner::keep_calm_ones(const BackendSet& set) {
  const auto calm = [&](const Candidate& candidate) {
    return !is_busy(set, *candidate.backend, candidate.assigned);
  };
  const auto busy = std::ranges::stable_partition(candidates_, calm);
  if (busy.begin() != candidates_.begin()) candidates_.erase(busy.begin(), busy.end());
}

// @returns whether there were any
bool Assigner::drop_those_not_due(std::uint32_t rate, TimePoint now) {
  return std::erase_if(candidates_, [&](const Candidate& candidate) {
           return !candidate.backend->pace().ready_for_new(now, rate);
         }) != 0;
}

Backend* Assigner::pick_for_request(const BackendSet& set, std::span<Backend* const> tried) {
  for (const Which which : {Which::answering, Which::draining, Which::silent, Which::down}) {
    collect(set, tried, [&](const Backend& one) { return which_is(one) == which; });
    if (candidates_.empty()) continue;
    const auto less = [](const Candidate& a, const Candidate& b) {
      return less_per_weight(a.inflight, a.weight, b.inflight, b.weight);
    };
    return candidates_[least_of(candidates_, random_, less)].backend;
  }
  return nullptr;
}

}  // namespace pinion::balance
