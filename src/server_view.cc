#include "server_view.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <numeric>

#include "metrics/exposition.h"
#include "session/state.h"

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

double in_ms(Duration duration) noexcept { return to_seconds(duration) * 1000.0; }

std::string why_down(const balance::Health& health) {
  std::string why(balance::describe(health.fault()));
  const Duration held = health.held_until() - monotonic_now();
  if (held > std::chrono::seconds{1}) {
    why += "; it went up and down, and is held back for " + std::to_string(to_ms(held) / 1000) +
           " s more";
  }
  return why;
}

std::string_view state_of(const balance::Backend& backend) noexcept {
  if (backend.draining()) return backend.empty() ? "drained" : "draining";
  return backend.health().up() ? "up" : "down";
}

// More of it is worse.
unsigned level_number(const std::string& level) noexcept {
  if (level == to_string(balance::Level::full)) return 2;
  return level == to_string(balance::Level::busy) ? 1 : 0;
}

metrics::BackendSample sample_of(const BackendView& view, const balance::ProbeCounts& probes) {
  metrics::BackendSample sample{.pool = view.pool,
                                .name = view.name,
                                .up = view.up,
                                .ready = view.ready,
                                .level = level_number(view.level),
                                .level_changes = view.level_changes,
                                .load = view.load,
                                .websocket = view.websocket,
                                .polling = view.polling,
                                .reserved = view.reserved,
                                .inflight = view.inflight,
                                .queued_bytes = view.queued_bytes,
                                .sessions_total = view.sessions_total};
  sample.busy_share = view.busy_share.value_or(0.0);
  sample.probe_wait_seconds = view.probe_wait_ms.value_or(0.0) / 1000.0;
  sample.load_confidence = view.load_confidence;
  for (std::size_t i = 0; i < balance::kProbeResults; ++i) {
    sample.probes.emplace_back(balance::to_string(static_cast<balance::ProbeResult>(i)),
                               probes.by_result[i].value());
  }
  return sample;
}

admin::OverloadView overload_view(const proxy::OverloadState& state) {
  admin::OverloadView view;
  for (std::size_t i = 0; i < proxy::kResources; ++i) {
    view.uses.push_back({.resource = std::string(to_string(static_cast<proxy::Resource>(i))),
                         .used = state.usage[i].load(std::memory_order_relaxed)});
  }
  for (std::size_t i = 0; i < proxy::kRungs; ++i) {
    view.rungs.push_back({.name = std::string(to_string(static_cast<proxy::Rung>(i))),
                          .taken = state.taken[i].load(std::memory_order_relaxed),
                          .changes = state.changes[i].load(std::memory_order_relaxed)});
  }
  return view;
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
      status.backends.push_back(view_of(*backend));
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

BackendView ServerView::view_of(const balance::Backend& backend) const {
  const balance::BackendIdentity& who = backend.identity();
  const balance::Assigned assigned = backend.assigned();
  const bool up = backend.health().up();
  BackendView view{.pool = who.pool_name,
                   .name = who.name,
                   .address = who.address.to_string(),
                   .weight = backend.weight(),
                   .max_sessions = who.max_sessions,
                   .state = std::string(state_of(backend)),
                   .up = up,
                   .ready = backend.takes_sessions() && !backend.health().silent()};
  view.sessions = assigned.live;
  view.websocket = std::min<std::uint64_t>(backend.websockets(), assigned.live);
  view.polling = view.sessions - view.websocket;
  view.reserved = assigned.reserved;
  view.inflight = backend.inflight();
  view.queued_bytes = backend.queued_bytes_both();
  view.sessions_total = backend.sessions_total();
  view.load = static_cast<double>(assigned.total()) / view.weight;
  const balance::ProbeReading probes = backend.probe_reading();
  if (probes.latency > Duration::zero()) view.probe_latency_ms = in_ms(probes.latency);
  view.load_confidence = probes.confidence;
  if (probes.confidence > 0.0) {
    view.busy_share = probes.busy_share;
    view.probe_wait_ms = in_ms(probes.wait);
  }
  const balance::Standing standing = backend.standing();
  view.level = balance::to_string(standing.level);
  view.limit = balance::to_string(standing.by);
  view.level_changes = backend.level_changes();
  if (!up) {
    view.reason = why_down(backend.health());
  } else if (backend.draining()) {
    view.reason = backend.empty() ? "is drained: it can be stopped" : "drains";
  } else if (standing.level != balance::Level::calm) {
    view.reason = "is " + view.level + " by its limit of " + view.limit;
  } else if (backend.is_full()) {
    view.reason = "has all the sessions it may have";
  } else if (backend.health().silent()) {
    view.reason = "does not answer";
  }
  if (const auto moving = mover_.progress(who.id)) {
    view.moving = {.why = std::string(moving->why),
                   .left = moving->left,
                   .moved = moving->moved,
                   .per_second = moving->per_second};
  }
  return view;
}

SessionView ServerView::view_of(const session::Session& session, TimePoint now) const {
  const auto ms_since = [now](TimePoint then) {
    return static_cast<std::uint64_t>(std::max<std::int64_t>(to_ms(now - then), 0));
  };
  session::Rates rates = session.rates;
  rates.decay(now - session.last_seen);
  const auto round_trip = session.pings.round_trip();
  return {.sid = session.sid,
          .pool = config_->pools[session.pool].name,
          .backend = shared_.registry.by_id(session.backend).identity().name,
          .transport = std::string(session::to_string(session.transport)),
          .state = std::string(session::to_string(session::state_of(session, now))),
          .client = session.client,
          .age_ms = ms_since(session.opened),
          .idle_ms = ms_since(session.last_seen),
          .frames_in = session.traffic.frames_in,
          .frames_out = session.traffic.frames_out,
          .bytes_in = session.traffic.bytes_in,
          .bytes_out = session.traffic.bytes_out,
          .queued_bytes = session.queued_bytes,
          .paused_ms = session.traffic.paused_ns / 1'000'000,
          .frames_in_rate = rates.frames_in,
          .frames_out_rate = rates.frames_out,
          .bytes_in_rate = rates.bytes_in,
          .bytes_out_rate = rates.bytes_out,
          .rtt_ms = round_trip ? std::optional(to_seconds(*round_trip) * 1000) : std::nullopt,
          .rtt_seen = std::string(session.pings.seen()),
          .last_error = std::string(session.last_error),
          .worker = session.worker};
}

admin::SessionPage ServerView::sessions(const SessionQuery& query) const {
  actions_.publish_tunnels();
  const TimePoint now = monotonic_now();
  std::vector<SessionView> all;
  for (const session::Session& session : shared_.ledger.table().list()) {
    auto view = view_of(session, now);
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
  return view_of(*session, monotonic_now());
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
  return view_of(*backend);
}

std::optional<BackendView> ServerView::undrain(const admin::BackendName& name) {
  balance::Backend* const backend = find(name);
  if (backend == nullptr) return std::nullopt;
  actions_.undrain(*backend);
  return view_of(*backend);
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
      snapshot.backends.push_back(sample_of(view_of(*backend), backend->probe_counts()));
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
