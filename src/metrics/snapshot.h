// Everything that the exposition shows, as plain numbers taken at one moment. The composition root
// fills it from the workers' counters and the rooms' own numbers.
//
// Threads: a value; counters are read while workers write them, so sums of related numbers may be
//   a moment apart.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "metrics/close_reason.h"
#include "metrics/control_counters.h"
#include "metrics/worker_counters.h"

namespace pinion::metrics {

template <std::size_t Buckets>
struct HistogramTotals {
  std::array<std::uint64_t, Buckets + 1> buckets{};  // not cumulative; the last has no bound
  std::uint64_t sum = 0;

  void add(const Histogram<Buckets>& from) noexcept {
    for (std::size_t i = 0; i <= Buckets; ++i) buckets[i] += from.buckets[i].value();
    sum += from.sum.value();
  }
};

struct DirectionTotals {
  std::array<std::uint64_t, kFrameKinds> frames{};
  std::uint64_t polled_packets = 0, bytes = 0, paused = 0, paused_ns = 0;
  HistogramTotals<kFrameSizeBounds.size()> frame_sizes;
};

struct PoolTotals {
  std::array<std::uint64_t, 500> requests{};  // by status code, from 100
  std::uint64_t unknown_sid = 0, retries = 0, event_rate_pauses = 0;
  std::array<std::uint64_t, kAdmissionResults> admissions{};
  std::array<std::uint64_t, kRebindResults> rebinds{};
  std::array<std::uint64_t, kAffinityResults> affinities{};
  HistogramTotals<kDurationBounds.size()> admission_wait;
};

/// The workers' counters added up.
struct CounterTotals {
  std::array<DirectionTotals, kDirections> directions;
  std::array<std::uint64_t, kCloseReasons> closes{};
  std::array<std::uint64_t, kConnectResults> upstream_connects{};
  std::array<std::uint64_t, kShedReasons> shed{};
  std::uint64_t accepted = 0, closed = 0, head_errors = 0, unrouted = 0, frame_errors = 0;
  std::uint64_t farewells_dropped = 0;
  std::uint64_t queued_bytes = 0;
  HistogramTotals<kDurationBounds.size()> request_duration;
  std::vector<PoolTotals> pools;
  PoolTotals no_pool;  // requests that never got to one

  /// @param pool_count how many pools it counts by
  void add(const WorkerCounters& worker, std::size_t pool_count);
  /// Client connections that are open. A worker's two counters are read one after the other, so a
  /// connection that closes in between must not make this negative.
  [[nodiscard]] std::uint64_t connections() const noexcept {
    return accepted > closed ? accepted - closed : 0;
  }
  /// Requests answered, over all pools and codes.
  [[nodiscard]] std::uint64_t requests() const noexcept;
};

struct BackendSample {
  std::string pool, name;
  bool up = false, ready = false;
  unsigned level = 0;  // 0 calm, 1 busy, 2 full
  std::uint64_t level_changes = 0;
  std::optional<double> load;  // nothing: not measured
  double work_rate = 0.0;
  bool hot = false, ramping = false;
  std::uint64_t websocket = 0, polling = 0;  // live sessions by transport
  std::uint64_t reserved = 0, inflight = 0, queued_bytes = 0;
  std::uint64_t sessions_total = 0;
  double busy_share = 0.0, probe_wait_seconds = 0.0, load_confidence = 0.0;
  double reported_load = 0.0, push_latency_seconds = 0.0;
  double request_busy_share = 0.0, request_weight = 0.0;
  double blocked_seconds = 0.0;
  std::vector<std::pair<std::string, std::uint64_t>> probes;           // by result
  std::vector<std::pair<std::string, std::uint64_t>> request_samples;  // by kind
  std::vector<std::pair<std::string, std::uint64_t>> agent_checks, load_reports;
};

/// A backend of the config whose name has no address.
struct UnresolvedBackend {
  std::string pool, name;
};

struct OverloadUse {
  std::string resource;
  double used = 0.0;  // 1: all of it
};
struct OverloadRung {
  std::string name;
  bool taken = false;
  std::uint64_t changes = 0;
};

/// ControlCounters at one moment.
struct ControlTotals {
  std::array<std::uint64_t, kReloadResults> reloads{};
  double config_loaded_seconds = 0;  // since the epoch
  std::array<std::uint64_t, kLookUpResults> name_lookups{};
  std::array<std::uint64_t, kAdminRefusals> admin_refused{};

  void add(const ControlCounters& counters) noexcept;
};

struct Snapshot {
  CounterTotals totals;
  ControlTotals control;
  std::vector<std::string> pools;                // names, by the index of CounterTotals::pools
  std::vector<std::uint64_t> admission_waiting;  // by pool, as the names
  std::vector<double> loop_lag_seconds;          // by worker
  std::vector<BackendSample> backends;
  std::vector<UnresolvedBackend> unresolved;  // no name is among the backends, too
  std::vector<OverloadUse> overload_used;
  std::vector<OverloadRung> overload_rungs;
  std::string version;
  double start_time_seconds = 0;  // since the epoch
  std::uint64_t pins = 0, pins_limit = 0;
  std::uint64_t affinity_ids = 0, affinity_evicted = 0;
  std::uint64_t max_connections = 0;
  std::uint64_t memory_bytes = 0;
  std::uint64_t buffered_bytes = 0, buffered_limit_bytes = 0;  // limit 0: none
  std::uint64_t log_dropped = 0;
};

}  // namespace pinion::metrics
