#include "server_view.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>

#include "metrics/exposition.h"
#include "views.h"

namespace pinion {

namespace {

using admin::BackendView;
using admin::SessionQuery;
using admin::SessionSort;
using admin::SessionView;

std::uint64_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

double wall_seconds() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

// What a list is sorted by, always so that more comes first in descending order.
double sort_key(const SessionView& view, SessionSort sort) noexcept {
  switch (sort) {
    case SessionSort::idle:
      return static_cast<double>(view.idle_ms);
    case SessionSort::bytes:
      return static_cast<double>(view.bytes_in + view.bytes_out);
    case SessionSort::frames:
      return static_cast<double>(view.frames_in + view.frames_out);
    case SessionSort::queued:
      return static_cast<double>(view.queued_bytes);
    case SessionSort::paused:
      return static_cast<double>(view.paused_ms);
    case SessionSort::rate:
      return view.frames_in_rate + view.frames_out_rate;
    case SessionSort::rtt:
      return view.rtt_ms.value_or(-1);
    case SessionSort::age:
      break;
  }
  return static_cast<double>(view.age_ms);
}

bool is_of_backend(const SessionView& view, const std::string& asked) {
  return asked.empty() || asked == view.backend || asked == view.pool + '/' + view.backend;
}

}  // namespace

ServerView::ServerView(std::shared_ptr<const config::Config> config, proxy::Shared& shared,
                       const Mover& mover, const AllCounters& counters, Actions& actions)
    : config_(std::move(config)),
      shared_(shared),
      mover_(mover),
      counters_(counters),
      actions_(actions),
      started_(monotonic_now()),
      started_wall_(wall_seconds()) {}

void ServerView::set_backends(balance::BackendSets sets) {
  const std::lock_guard lock(mutex_);
  backends_ = std::move(sets);
}

balance::BackendSets ServerView::backends() const {
  const std::lock_guard lock(mutex_);
  return backends_;
}

metrics::CounterTotals ServerView::totals() const {
  metrics::CounterTotals totals;
  totals.pools.resize(config_->pools.size());
  for (const auto& worker : counters_) totals.add(*worker);
  for (std::size_t i = 0; i < metrics::kCloseReasons; ++i) {
    totals.closes[i] += shared_.ledger.closes(static_cast<metrics::CloseReason>(i));
  }
  return totals;
}

admin::StatusView ServerView::status() const {
  const auto counted = totals();
  admin::StatusView status{.version = PINION_VERSION,
                           .uptime_s = to_seconds(monotonic_now() - started_),
                           .workers = static_cast<unsigned>(counters_.size()),
                           .connections = shared_.connections.load(std::memory_order_relaxed),
                           .memory_bytes = resident_bytes()};
  status.overload = overload_view(shared_.overload);
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) {
    status.pools.push_back({.name = config_->pools[pool].name,
                            .waiting = shared_.admissions[pool]->waiting.load(),
                            .waiting_limit = config_->pools[pool].admission.queue});
  }
  for (const auto& set : backends()) {
    for (const balance::Backend* const backend : set->backends) {
      status.backends.push_back(backend_view(*backend, mover_));
    }
  }
  for (const BackendView& view : status.backends) {
    status.totals.sessions += view.sessions;
    status.totals.reserved += view.reserved;
    status.totals.inflight += view.inflight;
    status.totals.sessions_total += view.sessions_total;
  }
  status.totals.pins = shared_.ledger.table().size();
  status.totals.queued_bytes = counted.queued_bytes;
  status.totals.requests_total = counted.requests();
  return status;
}

admin::SessionPage ServerView::sessions(const SessionQuery& query) const {
  actions_.publish_tunnels();
  const TimePoint now = monotonic_now();
  std::vector<SessionView> all;
  for (const session::Session& session : shared_.ledger.table().list()) {
    auto view = session_view(session, shared_.registry, now);
    if (is_of_backend(view, query.backend)) all.push_back(std::move(view));
  }
  std::sort(all.begin(), all.end(), [&](const SessionView& a, const SessionView& b) {
    const auto key_a = sort_key(a, query.sort);
    const auto key_b = sort_key(b, query.sort);
    if (key_a != key_b) return query.descending ? key_a > key_b : key_a < key_b;
    return a.sid < b.sid;
  });
  admin::SessionPage page;
  const std::size_t first = std::min(query.offset, all.size());
  const std::size_t last = std::min(all.size() - first, query.limit) + first;
  for (std::size_t i = first; i < last; ++i) page.sessions.push_back(std::move(all[i]));
  if (last < all.size()) page.next = last;
  return page;
}

std::optional<session::Session> ServerView::find(const std::string& sid) const {
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) {
    if (auto session = shared_.ledger.table().get({pool, sid})) return session;
  }
  return std::nullopt;
}

std::optional<SessionView> ServerView::session(const std::string& sid) const {
  actions_.publish_tunnels();
  const auto session = find(sid);
  if (!session) return std::nullopt;
  return session_view(*session, shared_.registry, monotonic_now());
}

bool ServerView::close_session(const std::string& sid) {
  const auto session = find(sid);
  if (!session) return false;
  actions_.close_session(*session);
  return true;
}

balance::Backend* ServerView::find(const admin::BackendName& name) const {
  for (const auto& set : backends()) {
    for (balance::Backend* const backend : set->backends) {
      const balance::BackendIdentity& who = backend->identity();
      if (who.pool_name == name.pool && who.name == name.name) return backend;
    }
  }
  return nullptr;
}

std::optional<BackendView> ServerView::drain(const admin::BackendName& name,
                                             const admin::DrainOrder& order) {
  balance::Backend* const backend = find(name);
  if (backend == nullptr) return std::nullopt;
  actions_.drain(*backend, order);
  return backend_view(*backend, mover_);
}

std::optional<BackendView> ServerView::undrain(const admin::BackendName& name) {
  balance::Backend* const backend = find(name);
  if (backend == nullptr) return std::nullopt;
  actions_.undrain(*backend);
  return backend_view(*backend, mover_);
}

std::optional<admin::RebalanceView> ServerView::rebalance(const std::string& pool,
                                                          double per_second) {
  for (const auto& set : backends()) {
    if (config_->pools[set->pool].name != pool) continue;
    const auto excess = Mover::excess_of(set->backends);
    actions_.rebalance(set, per_second);
    return admin::RebalanceView{
        .pool = pool,
        .to_move = std::accumulate(excess.begin(), excess.end(), std::uint64_t{0}),
        .per_second = per_second};
  }
  return std::nullopt;
}

std::string ServerView::not_ready() const {
  if (shutting_down_.load(std::memory_order_relaxed)) return "shutting down";
  for (const auto& set : backends()) {
    if (!set->takes_sessions()) {
      return "pool " + config_->pools[set->pool].name + " has no backend that takes sessions";
    }
  }
  return {};
}

std::string ServerView::metrics_text() const {
  metrics::Snapshot snapshot{.totals = totals()};
  for (const auto& pool : config_->pools) snapshot.pools.push_back(pool.name);
  const auto status = this->status();
  for (const auto& [resource, used] : status.overload.uses) {
    snapshot.overload_used.push_back({resource, used});
  }
  for (const auto& [name, taken, changes] : status.overload.rungs) {
    snapshot.overload_rungs.push_back({.name = name, .taken = taken, .changes = changes});
  }
  for (const auto& pool : status.pools) snapshot.admission_waiting.push_back(pool.waiting);
  for (const auto& worker : counters_) {
    snapshot.loop_lag_seconds.push_back(static_cast<double>(worker->loop_lag_ns.value()) * 1e-9);
  }
  for (const auto& set : backends()) {
    for (const balance::Backend* const backend : set->backends) {
      snapshot.backends.push_back(
          sample_of(backend_view(*backend, mover_), backend->probe_counts()));
    }
  }
  snapshot.version = PINION_VERSION;
  snapshot.start_time_seconds = started_wall_;
  snapshot.pins = shared_.ledger.table().size();
  snapshot.pins_limit = shared_.ledger.table().capacity();
  snapshot.max_connections = shared_.max_connections;
  snapshot.memory_bytes = resident_bytes();
  snapshot.buffered_bytes = shared_.budget.used();
  snapshot.buffered_limit_bytes = shared_.budget.limit();
  snapshot.log_dropped = shared_.log.dropped() + shared_.access_log.dropped();
  return metrics::exposition(snapshot);
}

}  // namespace pinion
