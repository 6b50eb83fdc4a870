#include "admin/views_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "admin/session_list.h"

namespace pinion::admin {
namespace {

using OrderedJson = nlohmann::ordered_json;

std::string dump(const OrderedJson& json) {
  return json.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
}

OrderedJson number_or_null(const std::optional<double>& number) {
  return number ? OrderedJson(*number) : OrderedJson(nullptr);
}

OrderedJson moving_or_null(const std::optional<MovingView>& moving) {
  if (!moving) return nullptr;
  return {{"why", moving->why},
          {"left", moving->remaining},
          {"moved", moving->moved},
          {"rate", moving->per_second}};
}

OrderedJson rebalance_or_null(const std::optional<RebalanceProgress>& rebalance) {
  if (!rebalance) return nullptr;
  return {{"left", rebalance->remaining},
          {"moved", rebalance->moved},
          {"rate", rebalance->per_second},
          {"waits_for", rebalance->waits_for}};
}

double tenths(double number) { return std::round(number * 10) / 10; }

OrderedJson backend_object(const BackendView& backend) {
  return {{"pool", backend.pool},
          {"name", backend.name},
          {"address", backend.address},
          {"weight", backend.weight},
          {"max_sessions", backend.max_sessions},
          {"state", backend.state},
          {"ready", backend.ready},
          {"reason", backend.reason},
          {"level", backend.level},
          {"level_limit", backend.limit},
          {"sessions", backend.sessions},
          {"websocket", backend.websocket},
          {"polling", backend.polling},
          {"reserved", backend.reserved},
          {"sessions_total", backend.sessions_total},
          {"inflight", backend.inflight},
          {"queued_bytes", backend.queued_bytes},
          {"queued_to_backend_bytes", backend.queued_to_backend_bytes},
          {"blocked_ms", backend.blocked_ms},
          {"load", number_or_null(backend.load)},
          {"why", backend.why},
          {"work_rate", backend.work_rate},
          {"cost_us", number_or_null(backend.cost_us)},
          {"frames_in_rate", backend.frames_in_rate},
          {"frames_out_rate", backend.frames_out_rate},
          {"bytes_in_rate", backend.bytes_in_rate},
          {"bytes_out_rate", backend.bytes_out_rate},
          {"probe_latency_ms", number_or_null(backend.probe_latency_ms)},
          {"busy_share", number_or_null(backend.busy_share)},
          {"probe_wait_ms", number_or_null(backend.probe_wait_ms)},
          {"load_confidence", backend.load_confidence},
          {"request_busy_share", number_or_null(backend.request_busy_share)},
          {"request_weight", backend.request_weight},
          {"reported_load", number_or_null(backend.reported_load)},
          {"push_latency_ms", number_or_null(backend.push_latency_ms)},
          {"agent", backend.agent.empty() ? OrderedJson(nullptr) : OrderedJson(backend.agent)},
          {"agent_percent", backend.agent_percent},
          {"moving", moving_or_null(backend.moving)}};
}

OrderedJson session_object(const SessionView& session) {
  return {{"sid", session.sid},
          {"pool", session.pool},
          {"backend", session.backend},
          {"transport", session.transport},
          {"state", session.state},
          {"client", session.client},
          {"worker", session.worker},
          {"age_ms", session.age_ms},
          {"idle_ms", session.idle_ms},
          {"frames_in", session.frames_in},
          {"frames_out", session.frames_out},
          {"bytes_in", session.bytes_in},
          {"bytes_out", session.bytes_out},
          {"queued_bytes", session.queued_bytes},
          {"paused_ms", session.paused_ms},
          {"frames_in_rate", tenths(session.frames_in_rate)},
          {"frames_out_rate", tenths(session.frames_out_rate)},
          {"bytes_in_rate", tenths(session.bytes_in_rate)},
          {"bytes_out_rate", tenths(session.bytes_out_rate)},
          {"rtt_ms", number_or_null(session.rtt_ms)},
          {"rtt_seen", session.rtt_seen},
          {"last_error", session.last_error},
          {"affinity", session.has_affinity},
          {"upstream_sid", session.upstream_sid}};
}

OrderedJson overload_object(const OverloadView& overload) {
  OrderedJson used = OrderedJson::object();
  for (const auto& use : overload.uses) used[use.resource] = use.used;
  OrderedJson taken = OrderedJson::array();
  for (const auto& rung : overload.rungs) {
    if (rung.taken) taken.push_back(rung.name);
  }
  return {{"used", std::move(used)}, {"rungs", std::move(taken)}};
}

OrderedJson totals_object(const Totals& totals) {
  return {{"sessions", totals.sessions},
          {"reserved", totals.reserved},
          {"pins", totals.pins},
          {"inflight", totals.inflight},
          {"queued_bytes", totals.queued_bytes},
          {"sessions_total", totals.sessions_total},
          {"requests_total", totals.requests_total}};
}

OrderedJson pools_array(const StatusView& status) {
  OrderedJson pools = OrderedJson::array();
  for (const PoolView& pool : status.pools) {
    OrderedJson backends = OrderedJson::array();
    for (const BackendView& backend : status.backends) {
      if (backend.pool == pool.name) backends.push_back(backend_object(backend));
    }
    pools.push_back({{"name", pool.name},
                     {"waiting", pool.waiting},
                     {"waiting_limit", pool.waiting_limit},
                     {"rebalance", rebalance_or_null(pool.rebalance)},
                     {"backends", std::move(backends)}});
  }
  return pools;
}

}  // namespace

std::string status_json(const StatusView& status) {
  return dump({{"version", status.version},
               {"uptime_s", status.uptime_s},
               {"workers", status.workers},
               {"connections", status.connections},
               {"memory_bytes", status.memory_bytes},
               {"overload", overload_object(status.overload)},
               {"pools", pools_array(status)},
               {"totals", totals_object(status.totals)}});
}

std::string backends_json(const StatusView& status) {
  OrderedJson backends = OrderedJson::array();
  for (const BackendView& backend : status.backends) backends.push_back(backend_object(backend));
  return dump(backends);
}

std::string sessions_json(const SessionPage& page) {
  OrderedJson sessions = OrderedJson::array();
  for (const SessionView& session : page.sessions) sessions.push_back(session_object(session));
  const OrderedJson next = page.next ? OrderedJson(make_cursor(*page.next)) : OrderedJson(nullptr);
  return dump({{"sessions", std::move(sessions)}, {"next", next}});
}

std::string session_json(const SessionView& session) { return dump(session_object(session)); }

std::string backend_json(const BackendView& backend) { return dump(backend_object(backend)); }

std::string rebalance_json(const RebalanceView& rebalance) {
  return dump({{"pool", rebalance.pool},
               {"to_move", rebalance.to_move},
               {"rate", rebalance.per_second},
               {"waits_for", rebalance.waits_for}});
}

std::string stopped_json(const StoppedView& stopped) {
  return dump({{"pool", stopped.pool},
               {"stopped", stopped.stopped},
               {"left", stopped.remaining},
               {"moved", stopped.moved}});
}

std::string reload_json(const ReloadView& reload) {
  OrderedJson json = {{"changes", reload.changes}, {"restart", reload.restarts}};
  if (!reload.not_done.empty()) json["errors"] = reload.not_done;
  return dump(json);
}

std::string reload_failed_json(const ReloadView& reload) {
  const OrderedJson error = {
      {"code", "reload_failed"}, {"message", reload.errors.front()}, {"details", reload.errors}};
  return dump({{"error", error}});
}

std::string closed_json(const std::string& sid) { return dump({{"closed", sid}}); }

}  // namespace pinion::admin
