#include "rebalance.h"

#include <algorithm>
#include <utility>

#include "balance/capacity.h"
#include "balance/explain.h"
#include "balance/ramp_gate.h"
#include "balance/shares.h"

namespace pinion {

using balance::Backend;
using session::MovePlan;

namespace {

// Agents change their weights a little with every word. What is evened out is even within that.
bool is_another(std::uint32_t weight, std::uint32_t before) noexcept {
  const auto difference = std::max(weight, before) - std::min(weight, before);
  return 20 * std::uint64_t{difference} > before;
}

/// Those of some backends that open sessions, and what each is to have.
struct Taking {
  std::vector<std::size_t> which;
  std::vector<balance::Share> shares;
};

Taking taking(Rebalance::Backends backends, config::Balance balance, TimePoint now,
              const Rebalance::Counts& leaving) {
  const auto capacities = balance::capacities(backends, balance, now);
  Taking all;
  for (std::size_t i = 0; i < backends.size(); ++i) {
    const Backend& backend = *backends[i];
    if (!backend.opens_sessions()) continue;
    all.which.push_back(i);
    const std::uint64_t total = backend.assigned().total();
    all.shares.push_back({.sessions = total - (leaving.empty() ? 0 : std::min(total, leaving[i])),
                          .weight = capacities[i],
                          .most = backend.most_sessions()});
  }
  return all;
}

// By so much busier than others it is not chosen before them, whatever sessions it has.
constexpr double kBusier = 0.2;

// Who is moved would come straight back if the one that has too few had more to do than all who
// have too many. @returns those that get none for that, of the ones that open sessions
std::vector<bool> too_busy(Rebalance::Backends backends, config::Balance balance, TimePoint now,
                           const Taking& taking) {
  const auto above = balance::excess(taking.shares);
  bool some_calm = false;
  bool all_known = balance == config::Balance::least_load;
  double busiest = 0;  // of those that have too many
  for (std::size_t i = 0; i < above.size(); ++i) {
    const Backend& backend = *backends[taking.which[i]];
    some_calm = some_calm || backend.standing().level == balance::Level::calm;
    if (above[i] == 0) continue;
    const auto load = balance::load_of(backend, now);
    all_known = all_known && load;
    busiest = std::max(busiest, load.value_or(0));
  }
  std::vector<bool> busy(above.size(), false);
  for (std::size_t i = 0; i < above.size(); ++i) {
    if (above[i] > 0) continue;
    const Backend& backend = *backends[taking.which[i]];
    busy[i] = (some_calm && backend.standing().level == balance::Level::busy) ||
              (all_known && balance::load_of(backend, now).value_or(0) > busiest + kBusier);
  }
  return busy;
}

void leave_out(const std::vector<bool>& whom, Taking& taking) {
  for (std::size_t i = 0; i < whom.size(); ++i) {
    balance::Share& share = taking.shares[i];
    if (whom[i]) share.most = std::min(share.most, share.sessions);
  }
}

/// How many each has above its share. @param leaving how many of each do not count; empty: all do
Rebalance::Counts excess_of(Rebalance::Backends backends, config::Balance balance, TimePoint now,
                            const Rebalance::Counts& leaving) {
  Taking all = taking(backends, balance, now, leaving);
  leave_out(too_busy(backends, balance, now, all), all);
  const auto above = balance::excess(all.shares);
  Rebalance::Counts excess(backends.size(), 0);
  for (std::size_t i = 0; i < above.size(); ++i) excess[all.which[i]] = above[i];
  return excess;
}

}  // namespace

Rebalance::Rebalance(const session::PinTable& table, const balance::BackendSet& set,
                     const MovePlan::Terms& terms, TimePoint now)
    : table_(table),
      backends_(set.backends),
      balance_(set.balance),
      rate_(set.rate),
      terms_(terms),
      plan_(terms, quotas_of(to_move(table, set.backends, set.balance, now)), now),
      seen_(set.backends.size()) {}

Rebalance::Counts Rebalance::leaving_of(const session::PinTable& table, Backends backends) {
  const auto closing = table.closing();
  Counts leaving;
  leaving.reserve(backends.size());
  for (const Backend* const backend : backends) {
    const auto found = closing.find(backend->id());
    leaving.push_back(found == closing.end() ? 0 : found->second);
  }
  return leaving;
}

Rebalance::Counts Rebalance::to_move(const session::PinTable& table, Backends backends,
                                     config::Balance balance, TimePoint now) {
  auto leave = excess_of(backends, balance, now, {});
  if (std::ranges::all_of(leave, [](std::uint64_t each) { return each == 0; })) return leave;
  const Counts leaving = leaving_of(table, backends);
  for (std::size_t i = 0; i < leave.size(); ++i) leave[i] -= std::min(leave[i], leaving[i]);
  return leave;
}

// How many are still to be moved of those that a plan has left: some went by themselves, or a
// backend drains now.
Rebalance::Counts Rebalance::still_too_many(TimePoint now) const {
  auto excess = excess_of(backends_, balance_, now, {});
  bool any_fewer = false;
  for (std::size_t i = 0; i < excess.size(); ++i) {
    any_fewer = any_fewer || excess[i] < plan_.remaining(backends_[i]->id());
  }
  if (!any_fewer) return excess;
  // Whoever takes long to close is there, while its client may be back elsewhere already: counted
  // twice, it would leave less to be moved from others.
  return excess_of(backends_, balance_, now, leaving_of(table_, backends_));
}

MovePlan::Quotas Rebalance::quotas_of(const Counts& leave) const {
  MovePlan::Quotas quotas;
  for (std::size_t i = 0; i < leave.size(); ++i) quotas[backends_[i]->id()] = leave[i];
  return quotas;
}

void Rebalance::use(const balance::BackendSet& set, TimePoint now) {
  balance_ = set.balance;
  rate_ = set.rate;
  if (backends_ == set.backends) return;
  std::vector<Seen> seen(set.backends.size());
  for (std::size_t i = 0; i < seen.size(); ++i) {
    const auto before = std::ranges::find(backends_, set.backends[i]);
    if (before != backends_.end())
      seen[i] = seen_[static_cast<std::size_t>(before - backends_.begin())];
  }
  seen_ = std::move(seen);
  backends_ = set.backends;
  plan_.aim(quotas_of(to_move(table_, backends_, balance_, now)));
  ramps_ = true;
  waits_for_.clear();
}

// Since it was last asked: it began to get sessions, or is to have another part. Who gets none any
// more leaves fewer too many elsewhere, which still_too_many() finds.
bool Rebalance::has_changed(const Backend& backend, bool is_too_busy, Seen& seen, TimePoint now) {
  const bool opens = backend.opens_sessions() && !is_too_busy;
  if (!opens && seen.weight != 0 && !backend.draining()) {
    if (!seen.away_since) seen.away_since = now;
    if (now < *seen.away_since + kReturns) return false;
  }
  const bool was_away = seen.away_since.has_value();
  seen.away_since.reset();
  const std::uint32_t weight = opens ? backend.effective_weight() : 0;
  const bool is_news = weight != 0 && (was_away || is_another(weight, seen.weight));
  if (is_news || weight == 0) seen.weight = weight;
  return is_news;
}

// Whoever is moved faster than that would wait for a place, or go back to where it was. The one
// that takes longest to be filled has its part of all who are moved until then.
void Rebalance::keep_to_rates(TimePoint now) {
  Taking all = taking(backends_, balance_, now, {});
  leave_out(too_busy(backends_, balance_, now, all), all);
  const auto parts = balance::parts(all.shares);
  double longest = 0;  // seconds
  double room = 0;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (parts[i] <= all.shares[i].sessions) continue;
    const auto lacks = static_cast<double>(parts[i] - all.shares[i].sessions);
    room += lacks;
    const std::uint32_t rate = backends_[all.which[i]]->pace().in_force(now, rate_);
    if (rate > 0) longest = std::max(longest, lacks / rate);
  }
  MovePlan::Terms terms = terms_;
  if (longest > 0) terms.per_second = std::min(terms.per_second, room / longest);
  plan_.set_terms(terms);
}

std::vector<Backend*> Rebalance::too_busy_now(TimePoint now) const {
  const Taking all = taking(backends_, balance_, now, {});
  const auto busy = too_busy(backends_, balance_, now, all);
  std::vector<Backend*> found;
  for (std::size_t i = 0; i < busy.size(); ++i) {
    if (busy[i]) found.push_back(backends_[all.which[i]]);
  }
  return found;
}

std::vector<Backend*> Rebalance::ramping_receivers(Backends backends, config::Balance balance,
                                                   TimePoint now) {
  const Taking all = taking(backends, balance, now, {});
  const auto parts = balance::parts(all.shares);
  auto held_back = balance::RampGate::held_back(backends, now);
  std::erase_if(held_back, [&](const Backend* backend) {
    for (std::size_t i = 0; i < parts.size(); ++i) {
      if (backends[all.which[i]] == backend) return parts[i] <= all.shares[i].sessions;
    }
    return true;
  });
  return held_back;
}

// Who has too many may change meanwhile. While some ramp up nobody is looked for who leaves anyway:
// that takes the whole table.
void Rebalance::aim(TimePoint now) {
  waits_for_ = ramping_receivers(backends_, balance_, now);
  ramps_ = !waits_for_.empty();
  if (began_) {
    // Clients of those that are closing may be back already, and are not to be counted twice.
    const Counts leaving = ramps_ ? Counts{} : leaving_of(table_, backends_);
    return plan_.aim(quotas_of(excess_of(backends_, balance_, now, leaving)));
  }
  began_ = !ramps_;
  plan_ = {terms_,
           quotas_of(ramps_ ? excess_of(backends_, balance_, now, {})
                            : to_move(table_, backends_, balance_, now)),
           now};
}

bool Rebalance::look(TimePoint now) {
  bool has_changed = false;
  std::vector<Backend*> away;
  const auto busy = too_busy_now(now);
  for (std::size_t i = 0; i < backends_.size(); ++i) {
    const bool is_too_busy = std::ranges::find(busy, backends_[i]) != busy.end();
    // All are to be asked, since they note what they have seen.
    has_changed = this->has_changed(*backends_[i], is_too_busy, seen_[i], now) || has_changed;
    if (seen_[i].away_since) away.push_back(backends_[i]);
  }
  if (!away.empty()) {
    waits_for_ = std::move(away);
    // Then it is looked at as if for the first time.
    ramps_ = true;
    return false;
  }
  if (has_changed || ramps_) aim(now);
  if (ramps_) return false;
  const Counts excess = still_too_many(now);
  for (std::size_t i = 0; i < excess.size(); ++i) {
    plan_.limit(backends_[i]->id(), excess[i]);
  }
  keep_to_rates(now);
  return true;
}

}  // namespace pinion
