// The running server's metrics: numbers gathered from the workers' counters, the backends and the
// ledger.
//
// Threads: any; all it reads is atomic or locked by its owner.
// Lifetime: everything it refers to outlives it.
#pragma once

#include <string>

#include "metrics/snapshot.h"
#include "mover.h"
#include "proxy/shared.h"
#include "running_config.h"
#include "worker_group.h"

namespace pinion {

class MetricsView {
 public:
  using AllCounters = WorkerGroup::AllCounters;

  MetricsView(const RunningConfig& running, proxy::Shared& shared, const Mover& mover,
              const AllCounters& counters);

  /// Of all workers, and of those that close sessions besides.
  [[nodiscard]] metrics::CounterTotals totals(const config::Config& config) const;
  /// In the Prometheus text format.
  [[nodiscard]] std::string metrics_text() const;

 private:
  const RunningConfig& running_;
  proxy::Shared& shared_;
  const Mover& mover_;
  const AllCounters& counters_;
  double started_wall_;
};

}  // namespace pinion
