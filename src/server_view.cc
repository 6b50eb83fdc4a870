#include "server_view.h"

#include <algorithm>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "readiness.h"
#include "resident_memory.h"
#include "session_pager.h"
#include "views.h"

namespace pinion {

namespace {

using admin::BackendView;
using admin::SessionQuery;
using admin::SessionView;

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
                       const metrics::AllCounters& counters,
                       metrics::ControlCounters& control_counters, Actions& actions,
                       const std::atomic<bool>& shutting_down)
    : running_(running),
      shared_(shared),
      mover_(mover),
      counters_(counters),
      control_counters_(control_counters),
      actions_(actions),
      shutting_down_(shutting_down),
      metrics_(running, shared, mover, counters, control_counters),
      started_(monotonic_now()) {}

admin::StatusView ServerView::status() const {
  const auto running = running_.get();
  const config::Config& config = *running.config;
  const auto counted = metrics_.totals(config);
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
                            .waiting_limit = config.pools[pool].admission.queue,
                            .rebalance = mover_.rebalance_progress(pool)});
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
  SessionPager pager(query, now);
  const session::PinTable& table = shared_.ledger.table();
  // A part at a time, since all of them may be a million.
  for (std::size_t part = 0; part < session::PinTable::kParts; ++part) {
    for (session::Session& session : table.list_part(part)) {
      if (is_of_backend(session.backend, names, query.backend)) pager.add(std::move(session));
    }
  }
  auto picked = pager.take_page();
  admin::SessionPage page{.sessions = {}, .next = std::move(picked.next)};
  for (const session::Session& session : picked.sessions) {
    page.sessions.push_back(named_view(session, names, now));
  }
  return page;
}

bool ServerView::is_of_backend(BackendId id, const BackendNames& names,
                               const std::string& asked) const {
  if (asked.empty()) return true;
  const balance::BackendIdentity& who = shared_.registry.by_id(id).identity();
  const auto* const entry = names.find(id);
  const std::string& name = entry != nullptr ? entry->name : who.name;
  return asked == name || asked == who.pool_name + '/' + name;
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

std::shared_ptr<const balance::BackendSet> ServerView::set_of_pool(const std::string& pool) const {
  const auto running = running_.get();
  for (const auto& set : running.backends) {
    const config::Pool& its = running.config->pools[set->pool];
    if (!its.retired && its.name == pool) return set;
  }
  return nullptr;
}

std::optional<admin::RebalanceView> ServerView::rebalance(const std::string& pool,
                                                          double per_second) {
  const auto set = set_of_pool(pool);
  if (set == nullptr) return std::nullopt;
  const auto leave = mover_.to_move(set->backends, set->balance, monotonic_now());
  actions_.rebalance(set, per_second);
  const auto progress = mover_.rebalance_progress(set->pool);
  return admin::RebalanceView{
      .pool = pool,
      .to_move = std::accumulate(leave.begin(), leave.end(), std::uint64_t{0}),
      .per_second = per_second,
      .waits_for = progress ? progress->waits_for : std::vector<std::string>{}};
}

std::optional<admin::StoppedView> ServerView::stop_rebalance(const std::string& pool) {
  const auto set = set_of_pool(pool);
  if (set == nullptr) return std::nullopt;
  const auto progress = mover_.rebalance_progress(set->pool);
  actions_.stop_rebalance(set->pool);
  if (!progress) return admin::StoppedView{.pool = pool};
  return admin::StoppedView{
      .pool = pool, .stopped = true, .remaining = progress->remaining, .moved = progress->moved};
}

std::string ServerView::not_ready() const {
  if (shutting_down_.load(std::memory_order_relaxed)) return "shutting down";
  return why_not_ready(running_.get(), monotonic_now());
}

}  // namespace pinion
