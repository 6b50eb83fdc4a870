// A snapshot in which every metric has a series, and no two numbers are the same by chance.
#pragma once

#include "metrics/snapshot.h"

namespace pinion::metrics {

inline ControlTotals example_control() {
  ControlCounters control;
  control.reloaded(ReloadResult::failed);
  control.config_loaded_seconds = 1767322900;
  for (int i = 0; i < 3; ++i) control.name_looked_up(LookUpResult::failed);
  for (int i = 0; i < 2; ++i) control.refused(AdminRefusal::unauthorized);
  ControlTotals totals;
  totals.add(control);
  return totals;
}

inline Snapshot example_snapshot() {
  WorkerCounters worker{1};
  worker.direction(Direction::in).frames[0].add(7);
  worker.direction(Direction::out).frames[1].add(9);
  worker.direction(Direction::out).frame_sizes.observe(kFrameSizeBounds, 500, 500);
  worker.direction(Direction::out).frame_sizes.observe(kFrameSizeBounds, 1e9, 1000000000);
  worker.direction(Direction::in).paused.add(3);
  worker.direction(Direction::in).paused_ns.add(1500000000);
  worker.request_duration.observe(kDurationBounds, 0.002, 2000000);
  worker.request_duration.observe(kDurationBounds, 0.3, 300000000);
  worker.pools[0].answered(200);
  worker.pools[0].answered(200);
  worker.pools[0].answered(404);
  worker.pools[0].unknown_sid.add(5);
  worker.accepted.add(12);
  worker.closed.add(4);
  worker.closes[static_cast<std::size_t>(CloseReason::evicted)].add(6);

  Snapshot snapshot;
  snapshot.totals.add(worker, 1);
  snapshot.pools = {"chat"};
  snapshot.admission_waiting = {17};
  snapshot.loop_lag_seconds = {0.25};
  snapshot.backends.push_back({.pool = "chat",
                               .name = "chat \"1\"\n",
                               .up = true,
                               .ready = false,
                               .load = 1.5,
                               .work_rate = 37,
                               .hot = true,
                               .ramping = true,
                               .websocket = 31,
                               .polling = 32,
                               .reserved = 33,
                               .inflight = 34,
                               .queued_bytes = 35,
                               .sessions_total = 36,
                               .busy_share = 0.625,
                               .probe_wait_seconds = 0.0025,
                               .load_confidence = 0.75,
                               .reported_load = 0.375,
                               .push_latency_seconds = 0.0125,
                               .request_busy_share = 0.4375,
                               .request_weight = 1.75,
                               .blocked_seconds = 2.25,
                               .probes = {{"ok", 37}, {"timeout", 38}},
                               .request_samples = {{"handshake", 43}, {"push", 44}},
                               .agent_checks = {{"ok", 39}},
                               .load_reports = {{"taken", 40}, {"unread", 42}}});
  snapshot.overload_used = {{"connections", 0.625}};
  snapshot.overload_rungs = {{.name = "short_idle", .taken = true, .changes = 19}};
  snapshot.control = example_control();
  snapshot.version = "1.2.3";
  snapshot.start_time_seconds = 1767322800;
  snapshot.pins = 41;
  snapshot.memory_bytes = 20u << 20U;
  return snapshot;
}

}  // namespace pinion::metrics
