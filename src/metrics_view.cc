#include "metrics_view.h"

#include "base/clock.h"
#include "metrics/exposition.h"
#include "resident_memory.h"
#include "views.h"

namespace pinion {

MetricsView::MetricsView(const RunningConfig& running, proxy::Shared& shared, const Mover& mover,
                         const metrics::AllCounters& counters,
                         const metrics::ControlCounters& control)
    : running_(running),
      shared_(shared),
      mover_(mover),
      counters_(counters),
      control_(control),
      started_wall_(epoch_seconds()) {}

metrics::CounterTotals MetricsView::totals(const config::Config& config) const {
  metrics::CounterTotals totals;
  for (const auto& worker : counters_) totals.add(*worker, config.pools.size());
  for (std::size_t i = 0; i < metrics::kCloseReasons; ++i) {
    totals.closes[i] += shared_.ledger.closes(static_cast<metrics::CloseReason>(i));
  }
  return totals;
}

std::string MetricsView::metrics_text() const {
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
  for (const auto& set : running.backends) {
    for (const auto& each : set->unresolved) {
      snapshot.unresolved.push_back({.pool = config.pools[set->pool].name, .name = each.name});
    }
  }
  snapshot.control.add(control_);
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
