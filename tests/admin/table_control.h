// Control as a table of values: the endpoint's only dependency, filled by the test.
#pragma once

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "admin/control.h"

namespace pinion::admin {

class TableControl final : public Control {
 public:
  StatusView status_view;
  std::vector<SessionView> table;
  std::vector<std::string> waits_for;
  StoppedView stopped{.pool = "chat", .stopped = true, .remaining = 21, .moved = 12};
  std::string why_not_ready;
  ReloadView reloaded{.changes = {"a change"}, .restarts = {"a key"}, .errors = {}, .not_done = {}};
  metrics::ControlCounters counters;
  std::string metrics = "# HELP x X.\n# TYPE x gauge\nx 1\n";

  [[nodiscard]] StatusView status() const override { return status_view; }
  [[nodiscard]] SessionPage sessions(const SessionQuery& query) const override {
    const std::lock_guard lock{mutex_};
    last_query_ = query;
    SessionPage page;
    const std::size_t first = query.after ? static_cast<std::size_t>(query.after->key) : 0;
    for (std::size_t i = first; i < table.size(); ++i) {
      if (page.sessions.size() == query.limit) {
        page.next = {.key = static_cast<std::int64_t>(i), .sid = table[i].sid};
        break;
      }
      page.sessions.push_back(table[i]);
    }
    return page;
  }
  [[nodiscard]] std::optional<SessionView> session(const std::string& sid) const override {
    const auto found = std::ranges::find(table, sid, &SessionView::sid);
    return found == table.end() ? std::nullopt : std::optional(*found);
  }
  bool close_session(const std::string& sid) override {
    if (!session(sid)) return false;
    const std::lock_guard lock{mutex_};
    closed_.push_back(sid);
    return true;
  }
  [[nodiscard]] std::optional<BackendView> drain(const BackendName& name,
                                                 const DrainOrder& order) override {
    return change(name, "draining", order);
  }
  [[nodiscard]] std::optional<BackendView> undrain(const BackendName& name) override {
    return change(name, "up", {});
  }
  [[nodiscard]] std::optional<RebalanceView> rebalance(const std::string& pool,
                                                       double per_second) override {
    if (pool != "chat") return std::nullopt;
    return RebalanceView{
        .pool = pool, .to_move = 33, .per_second = per_second, .waits_for = waits_for};
  }
  [[nodiscard]] std::optional<StoppedView> stop_rebalance(const std::string& pool) override {
    if (pool != "chat") return std::nullopt;
    return std::exchange(stopped, StoppedView{.pool = pool});
  }
  ReloadView reload() override { return reloaded; }
  [[nodiscard]] std::string not_ready() const override { return why_not_ready; }
  void count_refusal(metrics::AdminRefusal reason) noexcept override { counters.refused(reason); }
  [[nodiscard]] std::uint64_t refused(metrics::AdminRefusal reason) const noexcept {
    return counters.admin_refused[static_cast<std::size_t>(reason)].value();
  }
  [[nodiscard]] std::string metrics_text() const override { return metrics; }

  [[nodiscard]] std::vector<std::string> closed() const {
    const std::lock_guard lock{mutex_};
    return closed_;
  }
  [[nodiscard]] DrainOrder last_order() const {
    const std::lock_guard lock{mutex_};
    return last_order_;
  }
  [[nodiscard]] SessionQuery last_query() const {
    const std::lock_guard lock{mutex_};
    return last_query_;
  }

 private:
  std::optional<BackendView> change(const BackendName& name, std::string state,
                                    const DrainOrder& order) {
    const std::lock_guard lock{mutex_};
    for (BackendView& backend : status_view.backends) {
      if (backend.pool != name.pool || backend.name != name.name) continue;
      backend.state = std::move(state);
      last_order_ = order;
      return backend;
    }
    return std::nullopt;
  }

  mutable std::mutex mutex_;
  DrainOrder last_order_;
  mutable SessionQuery last_query_;
  std::vector<std::string> closed_;
};

/// Two pools, three backends.
inline StatusView example_status() {
  StatusView status;
  status.version = "1.2.3";
  status.uptime_s = 11520.5;
  status.workers = 2;
  status.connections = 321;
  status.memory_bytes = 19293798;
  status.pools = {{.name = "chat", .waiting = 12, .waiting_limit = 1000},
                  {.name = "files", .waiting_limit = 1000}};
  status.overload = {
      .uses = {{"buffers", 0.12}, {"connections", 0.875}},
      .rungs = {{"no_keep_alive", true, 3}, {"short_idle", true, 1}, {"refuse_plain", false, 0}}};
  const auto add = [&status](std::string pool, std::string name,
                             std::string state) -> BackendView& {
    BackendView backend;
    backend.pool = std::move(pool);
    backend.name = std::move(name);
    backend.state = std::move(state);
    backend.address = "127.0.0.1:3001";
    return status.backends.emplace_back(std::move(backend));
  };
  BackendView& first = add("chat", "chat-1", "up");
  first.ready = true;
  first.sessions = 120;
  first.websocket = 118;
  first.polling = 2;
  first.reserved = 3;
  first.inflight = 4;
  first.queued_bytes = 12'288;
  first.load = 1.23;
  first.why = "measured";
  first.work_rate = 300;
  first.frames_out_rate = 280.5;
  first.cost_us = 2000;
  add("chat", "chat-2", "down").reason = "connection refused";
  BackendView& probed = add("files", "files-1", "draining");
  probed.probe_latency_ms = 1.5;
  probed.busy_share = 0.625;
  probed.probe_wait_ms = 2.5;
  probed.load_confidence = 0.75;
  status.totals.sessions = 120;
  status.totals.reserved = 3;
  status.totals.pins = 125;
  status.totals.inflight = 4;
  status.totals.queued_bytes = 12'288;
  status.totals.sessions_total = 4567;
  status.totals.requests_total = 1234567;
  return status;
}

inline SessionView example_session(std::string sid) {
  SessionView session;
  session.sid = std::move(sid);
  session.pool = "chat";
  session.backend = "chat-1";
  session.transport = "websocket";
  session.state = "idle";
  session.client = "192.0.2.7";
  session.age_ms = 61'000;
  session.idle_ms = 250;
  session.frames_in = 10;
  session.frames_out = 2000;
  session.bytes_in = 512;
  session.bytes_out = 3'145'728;
  session.frames_in_rate = 0.5;
  session.frames_out_rate = 1.04;
  session.rtt_ms = 0.5;
  session.rtt_seen = "client";
  session.last_error = "backend-5xx";
  session.has_affinity = true;
  session.upstream_sid = "its-other-name";
  return session;
}

}  // namespace pinion::admin
