// Where each metric's numbers come from: one function a metric, named like it.
//
// Threads: pure functions.
#pragma once

#include "metrics/metric_table.h"
#include "metrics/snapshot.h"

namespace pinion::metrics::collect {

using Collect = void(const Snapshot& snapshot, Samples& out);

// By backend.
Collect sessions, sessions_total, reserved_sessions, inflight_requests, backend_up, backend_ready,
    backend_load, backend_work_rate, backend_hot, backend_ramping, backend_queued_bytes,
    backend_busy_share, backend_probe_wait_seconds, backend_load_confidence, probes_total,
    backend_reported_load, backend_push_latency_seconds, agent_checks_total, load_reports_total,
    backend_level, backend_level_changes_total, backend_blocked_seconds_total,
    backend_request_busy_share, backend_request_weight, request_samples_total;
// By pool.
Collect requests_total, unknown_sid_total, retries_total, admission_waiting, admissions_total,
    admission_wait_seconds, event_rate_pauses_total, rebinds_total, affinity_requests_total;
// By direction.
Collect frames_total, frame_size_bytes, polled_packets_total, bytes_total, paused_total,
    paused_seconds_total;
// Of the whole proxy.
Collect pins, pins_limit, affinity_ids, affinity_evicted_total, connections,
    connections_accepted_total, max_connections, queued_bytes, buffered_bytes, buffered_limit_bytes,
    request_duration_seconds, upstream_connects_total, closes_total, shed_total,
    unrouted_requests_total, head_errors_total, frame_errors_total, farewells_dropped_total,
    overload_used, overload_rung, overload_changes_total, loop_lag_seconds, log_dropped_total,
    reloads_total, config_loaded_time_seconds, name_lookups_total, admin_refused_total, build_info,
    resident_memory_bytes, start_time_seconds;

}  // namespace pinion::metrics::collect
