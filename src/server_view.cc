#include "server_view.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "metrics/exposition.h"
#include "session_pager.h"
#include "views.h"

namespace pinion {

namespace {

using admin::BackendView;
using admin::SessionQuery;
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

// Behind the others of their pools, or of all.
void add_unresolved(std::vector<BackendView>& views, const RunningConfig::Snapshot& running) {
  for (const auto& set : running.backends) {
    const std::string& pool = running.config->pools[set->pool].name;
    for (const auto& [name, address, why] : set->unresolved) {
      const auto last = std::ranges::find(views.rbegin(), views.rend(), pool, &BackendView::pool);
      const auto at = last == views.rend() ? views.end() : last.base();
      views.insert(
          at, {.pool = pool,
               .name = name,
               .address = address,
               .state = "down",
               .why = "down",
               .reason = why.empty() ? "its name is being resolved" : "it has no address: " + why});
    }
  }
}

}  // namespace

ServerView::ServerView(const RunningConfig& running, proxy::Shared& shared, const Mover& mover,
                       const AllCounters& counters, Actions& actions,
                       const std::atomic<bool>& shutting_down)
    : running_(running),
      shared_(shared),
      mover_(mover),
      counters_(counters),
      actions_(actions),
      shutting_down_(shutting_down),
      started_(monotonic_now()),
      started_wall_(wall_seconds()) {}

metrics::CounterTotals ServerView::totals(const config::Config& config) const {
  metrics::CounterTotals totals;
  for (const auto& worker : counters_) totals.add(*worker, config.pools.size());
  for (std::size_t i = 0; i < metrics::kCloseReasons; ++i) {
    totals.closes[i] += shared_.ledger.closes(static_cast<metrics::CloseReason>(i));
  }
  return totals;
}

admin::StatusView ServerView::status() const {
  const auto running = running_.get();
  const config::Config& config = *running.config;
  const auto counted = totals(config);
  admin::StatusView status{.version = PINION_VERSION,
                           .uptime_s = to_seconds(monotonic_now() - started_),
                           .workers = static_cast<unsigned>(counters_.size()),
                           .connections = shared_.connections.load(std::memory_order_relaxed),
                           .memory_bytes = resident_bytes()};
  status.overload = overload_view(shared_.overload);
  std::unordered_set<PoolId> pools;  // with anything in them
  for (ListedBackend& each :
       backend_views(BackendNames(shared_.registry, running.backends), mover_)) {
    pools.insert(each.backend->identity().pool);
    status.backends.push_back(std::move(each.view));
    const BackendView& view = status.backends.back();
    status.totals.sessions += view.sessions;
    status.totals.reserved += view.reserved;
    status.totals.inflight += view.inflight;
  }
  add_unresolved(status.backends, running);
  for (PoolId pool = 0; pool < config.pools.size(); ++pool) {
    if (config.pools[pool].retired && !pools.contains(pool)) continue;
    status.pools.push_back({.name = config.pools[pool].name,
                            .waiting = shared_.admissions[pool].waiting.load(),
                            .waiting_limit = config.pools[pool].admission.queue});
  }
  // Those that have left and are empty count too: it is what there was since the start.
  for (BackendId id = 0; id < shared_.registry.size(); ++id) {
    status.totals.sessions_total += shared_.registry.by_id(id).sessions_total();
  }
  // One that was moved counts at both.
  for (const metrics::PoolTotals& pool : counted.pools) {
    const std::uint64_t moved =
        pool.rebinds[static_cast<std::size_t>(metrics::RebindResult::moved)];
    status.totals.sessions_total -= std::min(moved, status.totals.sessions_total);
  }
  status.totals.pins = shared_.ledger.table().size();
  status.totals.queued_bytes = counted.queued_bytes;
  status.totals.requests_total = counted.requests();
  return status;
}

admin::SessionPage ServerView::sessions(const SessionQuery& query) const {
  actions_.publish_tunnels();
  const TimePoint now = monotonic_now();
  const BackendNames names = this->names();
  SessionPager pager(query);
  for (const session::Session& session : shared_.ledger.table().list()) {
    pager.add(named_view(session, names, now));
  }
  return pager.take_page();
}

// By the name that its backend is shown under.
SessionView ServerView::named_view(const session::Session& session, const BackendNames& names,
                                   TimePoint now) const {
  SessionView view = session_view(session, shared_.registry, now);
  if (const auto* const entry = names.find(session.backend)) view.backend = entry->name;
  return view;
}

std::optional<session::Session> ServerView::find(const std::string& sid) const {
  const std::size_t pools = running_.get().config->pools.size();
  for (PoolId pool = 0; pool < pools; ++pool) {
    if (auto session = shared_.ledger.table().get({pool, sid})) return session;
  }
  return std::nullopt;
}

std::optional<SessionView> ServerView::session(const std::string& sid) const {
  actions_.publish_tunnels();
  const auto session = find(sid);
  if (!session) return std::nullopt;
  return named_view(*session, names(), monotonic_now());
}

bool ServerView::close_session(const std::string& sid) {
  const auto session = find(sid);
  if (!session) return false;
  actions_.close_session(*session);
  return true;
}

balance::Backend* ServerView::find(const admin::BackendName& name) const {
  const BackendNames all = names();
  const auto* const entry = all.find(name.pool, name.name);
  return entry == nullptr ? nullptr : entry->backend;
}

BackendView ServerView::view_of(const balance::Backend& backend, const std::string& name) const {
  const auto running = running_.get();
  BackendView view = backend_view(backend, set_of(backend, running.backends), mover_);
  view.name = name;
  return view;
}

std::optional<BackendView> ServerView::drain(const admin::BackendName& name,
                                             const admin::DrainOrder& order) {
  balance::Backend* const backend = find(name);
  if (backend == nullptr) return std::nullopt;
  actions_.drain(*backend, order);
  return view_of(*backend, name.name);
}

std::optional<BackendView> ServerView::undrain(const admin::BackendName& name) {
  balance::Backend* const backend = find(name);
  if (backend == nullptr) return std::nullopt;
  actions_.undrain(*backend);
  return view_of(*backend, name.name);
}

std::optional<admin::RebalanceView> ServerView::rebalance(const std::string& pool,
                                                          double per_second) {
  const auto running = running_.get();
  for (const auto& set : running.backends) {
    const config::Pool& its = running.config->pools[set->pool];
    if (its.retired || its.name != pool) continue;
    const auto leave = mover_.to_move(set->backends);
    actions_.rebalance(set, per_second);
    return admin::RebalanceView{
        .pool = pool,
        .to_move = std::accumulate(leave.begin(), leave.end(), std::uint64_t{0}),
        .per_second = per_second};
  }
  return std::nullopt;
}

std::string ServerView::not_ready() const {
  if (shutting_down_.load(std::memory_order_relaxed)) return "shutting down";
  const auto running = running_.get();
  for (const auto& set : running.backends) {
    const config::Pool& pool = running.config->pools[set->pool];
    if (!pool.retired && !set->may_take_sessions(monotonic_now())) {
      return "pool " + pool.name + " has no backend that takes sessions";
    }
  }
  return {};
}

std::string ServerView::metrics_text() const {
  const auto running = running_.get();
  const config::Config& config = *running.config;
  metrics::Snapshot snapshot{.totals = totals(config)};
  for (PoolId pool = 0; pool < config.pools.size(); ++pool) {
    snapshot.pools.push_back(config.pools[pool].name);
    snapshot.admission_waiting.push_back(shared_.admissions[pool].waiting.load());
  }
  const auto overload = overload_view(shared_.overload);
  for (const auto& [resource, used] : overload.uses) {
    snapshot.overload_used.push_back({resource, used});
  }
  for (const auto& [name, taken, changes] : overload.rungs) {
    snapshot.overload_rungs.push_back({.name = name, .taken = taken, .changes = changes});
  }
  for (const auto& worker : counters_) {
    snapshot.loop_lag_seconds.push_back(static_cast<double>(worker->loop_lag_ns.value()) * 1e-9);
  }
  for (const ListedBackend& each :
       backend_views(BackendNames(shared_.registry, running.backends), mover_)) {
    snapshot.backends.push_back(sample_of(each.view, *each.backend));
  }
  snapshot.version = PINION_VERSION;
  snapshot.start_time_seconds = started_wall_;
  snapshot.pins = shared_.ledger.table().size();
  snapshot.affinity_ids = shared_.ledger.affinity().size();
  snapshot.affinity_evicted = shared_.ledger.affinity().evicted();
  snapshot.pins_limit = shared_.ledger.table().capacity();
  snapshot.max_connections = shared_.max_connections;
  snapshot.memory_bytes = resident_bytes();
  snapshot.buffered_bytes = shared_.budget.used();
  snapshot.buffered_limit_bytes = shared_.budget.limit();
  snapshot.log_dropped = shared_.log.dropped() + shared_.access_log.dropped();
  return metrics::exposition(snapshot);
}

}  // namespace pinion
