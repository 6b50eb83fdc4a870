#include "metrics/collect.h"

#include <array>
#include <limits>
#include <utility>

namespace pinion::metrics::collect {
namespace {

constexpr double kNanosecondsPerSecond = 1e9;
constexpr int kFirstStatus = 100;

void add(Samples& out, std::vector<std::string> labels, double value) {
  out.push_back({.labels = std::move(labels), .value = value, .buckets = {}});
}

void add(Samples& out, std::vector<std::string> labels, std::uint64_t value) {
  add(out, std::move(labels), static_cast<double>(value));
}

template <std::size_t N>
void add_histogram(Samples& out, std::vector<std::string> labels,
                   const std::array<double, N>& bounds, const HistogramTotals<N>& totals,
                   double units_per_sum) {
  Sample sample{.labels = std::move(labels),
                .value = static_cast<double>(totals.sum) / units_per_sum,
                .buckets = {}};
  std::uint64_t cumulative = 0;
  for (std::size_t i = 0; i <= N; ++i) {
    cumulative += totals.buckets[i];
    sample.buckets.push_back(
        {i < N ? bounds[i] : std::numeric_limits<double>::infinity(), cumulative});
  }
  out.push_back(std::move(sample));
}

template <typename Value>
void by_backend(const Snapshot& snapshot, Samples& out, Value value) {
  for (const auto& backend : snapshot.backends) {
    add(out, {backend.pool, backend.name}, value(backend));
  }
}

/// Without an address nothing can be measured, but that it does not serve is known.
void zero_if_unresolved(const Snapshot& snapshot, Samples& out) {
  for (const auto& [pool, name] : snapshot.unresolved) add(out, {pool, name}, 0.0);
}

template <typename Value>
void by_pool(const Snapshot& snapshot, Samples& out, Value value) {
  for (std::size_t i = 0; i < snapshot.pools.size() && i < snapshot.totals.pools.size(); ++i) {
    add(out, {snapshot.pools[i]}, value(snapshot.totals.pools[i]));
  }
}

/// @param counts the member of PoolTotals that counts by Result
template <typename Result, std::size_t N>
void by_pool_and_result(const Snapshot& snapshot, Samples& out,
                        std::array<std::uint64_t, N> PoolTotals::* counts) {
  for (std::size_t i = 0; i < snapshot.pools.size() && i < snapshot.totals.pools.size(); ++i) {
    for (std::size_t result = 0; result < N; ++result) {
      add(out, {snapshot.pools[i], std::string(to_string(static_cast<Result>(result)))},
          (snapshot.totals.pools[i].*counts)[result]);
    }
  }
}

/// Calls with the direction's name and its totals.
template <typename Use>
void by_direction(const Snapshot& snapshot, Use use) {
  for (std::size_t i = 0; i < kDirections; ++i) {
    use(std::string(to_string(static_cast<Direction>(i))), snapshot.totals.directions[i]);
  }
}

/// One series for each value of an enum whose totals are in an array.
using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

void by_result(const Snapshot& snapshot, Samples& out, Counts BackendSample::* counts) {
  for (const auto& backend : snapshot.backends) {
    for (const auto& [result, count] : backend.*counts) {
      add(out, {backend.pool, backend.name, result}, count);
    }
  }
}

template <typename Enum, std::size_t N>
void by_enum(Samples& out, const std::array<std::uint64_t, N>& totals) {
  for (std::size_t i = 0; i < N; ++i) {
    add(out, {std::string(to_string(static_cast<Enum>(i)))}, totals[i]);
  }
}

// Only codes that were seen: 500 series a pool would be mostly zeros.
void requests_of(const PoolTotals& totals, const std::string& pool, Samples& out) {
  for (std::size_t code = 0; code < totals.requests.size(); ++code) {
    if (totals.requests[code] == 0) continue;
    add(out, {pool, std::to_string(code + kFirstStatus)}, totals.requests[code]);
  }
}

}  // namespace

void sessions(const Snapshot& snapshot, Samples& out) {
  for (const auto& backend : snapshot.backends) {
    add(out, {backend.pool, backend.name, "websocket"}, backend.websocket);
    add(out, {backend.pool, backend.name, "polling"}, backend.polling);
  }
}
void sessions_total(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.sessions_total; });
}
void reserved_sessions(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.reserved; });
}
void inflight_requests(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.inflight; });
}
void backend_up(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.up ? 1.0 : 0.0; });
  zero_if_unresolved(snapshot, out);
}
void backend_ready(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.ready ? 1.0 : 0.0; });
  zero_if_unresolved(snapshot, out);
}
void backend_level(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return std::uint64_t{b.level}; });
}
void backend_level_changes_total(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.level_changes; });
}
void backend_load(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) {
    return b.load.value_or(std::numeric_limits<double>::quiet_NaN());
  });
}
void backend_work_rate(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.work_rate; });
}
void backend_hot(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.hot ? 1.0 : 0.0; });
}
void backend_ramping(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.ramping ? 1.0 : 0.0; });
}
void backend_queued_bytes(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.queued_bytes; });
}

void backend_busy_share(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.busy_share; });
}
void backend_probe_wait_seconds(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.probe_wait_seconds; });
}
void backend_load_confidence(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.load_confidence; });
}
void backend_blocked_seconds_total(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.blocked_seconds; });
}
void backend_request_busy_share(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.request_busy_share; });
}
void backend_request_weight(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.request_weight; });
}
void request_samples_total(const Snapshot& snapshot, Samples& out) {
  by_result(snapshot, out, &BackendSample::request_samples);
}
void backend_reported_load(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.reported_load; });
}
void backend_push_latency_seconds(const Snapshot& snapshot, Samples& out) {
  by_backend(snapshot, out, [](const BackendSample& b) { return b.push_latency_seconds; });
}
void probes_total(const Snapshot& snapshot, Samples& out) {
  by_result(snapshot, out, &BackendSample::probes);
}
void agent_checks_total(const Snapshot& snapshot, Samples& out) {
  by_result(snapshot, out, &BackendSample::agent_checks);
}
void load_reports_total(const Snapshot& snapshot, Samples& out) {
  by_result(snapshot, out, &BackendSample::load_reports);
}

void requests_total(const Snapshot& snapshot, Samples& out) {
  requests_of(snapshot.totals.no_pool, {}, out);
  for (std::size_t i = 0; i < snapshot.pools.size() && i < snapshot.totals.pools.size(); ++i) {
    requests_of(snapshot.totals.pools[i], snapshot.pools[i], out);
  }
}
void unknown_sid_total(const Snapshot& snapshot, Samples& out) {
  by_pool(snapshot, out, [](const PoolTotals& pool) { return pool.unknown_sid; });
}
void retries_total(const Snapshot& snapshot, Samples& out) {
  by_pool(snapshot, out, [](const PoolTotals& pool) { return pool.retries; });
}

void event_rate_pauses_total(const Snapshot& snapshot, Samples& out) {
  by_pool(snapshot, out, [](const PoolTotals& pool) { return pool.event_rate_pauses; });
}

void admission_waiting(const Snapshot& snapshot, Samples& out) {
  for (std::size_t i = 0; i < snapshot.pools.size() && i < snapshot.admission_waiting.size(); ++i) {
    add(out, {snapshot.pools[i]}, snapshot.admission_waiting[i]);
  }
}
void admissions_total(const Snapshot& snapshot, Samples& out) {
  by_pool_and_result<AdmissionResult>(snapshot, out, &PoolTotals::admissions);
}
void rebinds_total(const Snapshot& snapshot, Samples& out) {
  by_pool_and_result<RebindResult>(snapshot, out, &PoolTotals::rebinds);
}
void affinity_requests_total(const Snapshot& snapshot, Samples& out) {
  by_pool_and_result<AffinityResult>(snapshot, out, &PoolTotals::affinities);
}
void admission_wait_seconds(const Snapshot& snapshot, Samples& out) {
  for (std::size_t i = 0; i < snapshot.pools.size() && i < snapshot.totals.pools.size(); ++i) {
    add_histogram(out, {snapshot.pools[i]}, kDurationBounds,
                  snapshot.totals.pools[i].admission_wait, kNanosecondsPerSecond);
  }
}

void frames_total(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    for (std::size_t kind = 0; kind < kFrameKinds; ++kind) {
      add(out, {name, std::string(kFrameKindNames[kind])}, totals.frames[kind]);
    }
  });
}
void frame_size_bytes(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    add_histogram(out, {name}, kFrameSizeBounds, totals.frame_sizes, 1.0);
  });
}
void polled_packets_total(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    add(out, {name}, totals.polled_packets);
  });
}
void bytes_total(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    add(out, {name}, totals.bytes);
  });
}
void paused_total(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    add(out, {name}, totals.paused);
  });
}
void paused_seconds_total(const Snapshot& snapshot, Samples& out) {
  by_direction(snapshot, [&out](const std::string& name, const DirectionTotals& totals) {
    add(out, {name}, static_cast<double>(totals.paused_ns) / kNanosecondsPerSecond);
  });
}

void pins(const Snapshot& snapshot, Samples& out) { add(out, {}, snapshot.pins); }
void affinity_ids(const Snapshot& snapshot, Samples& out) { add(out, {}, snapshot.affinity_ids); }
void affinity_evicted_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.affinity_evicted);
}
void pins_limit(const Snapshot& snapshot, Samples& out) { add(out, {}, snapshot.pins_limit); }
void connections(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.connections());
}
void connections_accepted_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.accepted);
}
void max_connections(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.max_connections);
}
void queued_bytes(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.queued_bytes);
}
void buffered_bytes(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.buffered_bytes);
}
void buffered_limit_bytes(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.buffered_limit_bytes);
}
void request_duration_seconds(const Snapshot& snapshot, Samples& out) {
  add_histogram(out, {}, kDurationBounds, snapshot.totals.request_duration, kNanosecondsPerSecond);
}
void upstream_connects_total(const Snapshot& snapshot, Samples& out) {
  by_enum<ConnectResult>(out, snapshot.totals.upstream_connects);
}
void closes_total(const Snapshot& snapshot, Samples& out) {
  for (const CloseInfo& row : kCloseTable) {
    add(out, {std::string(row.word), std::string(to_string(row.side))},
        snapshot.totals.closes[static_cast<std::size_t>(row.reason)]);
  }
}
void shed_total(const Snapshot& snapshot, Samples& out) {
  by_enum<ShedReason>(out, snapshot.totals.shed);
}
void unrouted_requests_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.unrouted);
}
void head_errors_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.head_errors);
}
void frame_errors_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.frame_errors);
}

void farewells_dropped_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.totals.farewells_dropped);
}
void overload_used(const Snapshot& snapshot, Samples& out) {
  for (const OverloadUse& use : snapshot.overload_used) add(out, {use.resource}, use.used);
}
void overload_rung(const Snapshot& snapshot, Samples& out) {
  for (const OverloadRung& rung : snapshot.overload_rungs) {
    add(out, {rung.name}, rung.taken ? 1.0 : 0.0);
  }
}
void overload_changes_total(const Snapshot& snapshot, Samples& out) {
  for (const OverloadRung& rung : snapshot.overload_rungs) add(out, {rung.name}, rung.changes);
}
void loop_lag_seconds(const Snapshot& snapshot, Samples& out) {
  for (std::size_t i = 0; i < snapshot.loop_lag_seconds.size(); ++i) {
    add(out, {std::to_string(i)}, snapshot.loop_lag_seconds[i]);
  }
}
void log_dropped_total(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.log_dropped);
}
void reloads_total(const Snapshot& snapshot, Samples& out) {
  by_enum<ReloadResult>(out, snapshot.control.reloads);
}
void config_loaded_time_seconds(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.control.config_loaded_seconds);
}
void name_lookups_total(const Snapshot& snapshot, Samples& out) {
  by_enum<LookUpResult>(out, snapshot.control.name_lookups);
}
void admin_refused_total(const Snapshot& snapshot, Samples& out) {
  by_enum<AdminRefusal>(out, snapshot.control.admin_refused);
}
void build_info(const Snapshot& snapshot, Samples& out) { add(out, {snapshot.version}, 1.0); }
void resident_memory_bytes(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.memory_bytes);
}
void start_time_seconds(const Snapshot& snapshot, Samples& out) {
  add(out, {}, snapshot.start_time_seconds);
}

}  // namespace pinion::metrics::collect
