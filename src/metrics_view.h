// The running server's metrics: numbers gathered from the workers' counters, the backends and the
// ledger.
//
// Threads: any; all it reads is atomic or locked by its owner.
// Lifetime: everything it refers to outlives it.
#pragma once

#include <string>

#include "metrics/control_counters.h"
#include "metrics/snapshot.h"
#include "metrics/worker_counters.h"
#include "mover.h"
#include "proxy/shared.h"
#include "running_config.h"

namespace pinion {

class MetricsView {
 public:
  MetricsView(const RunningConfig& running, proxy::Shared& shared, const Mover& mover,
              const metrics::AllCounters& counters, const metrics::ControlCounters& control);

  /// Of all workers, and of those that close sessions besides.
  [[nodiscard]] metrics::CounterTotals totals(const config::Config& config) const;
  /// In the Prometheus text format.
  [[nodiscard]] std::string metrics_text() const;

 private:
  const RunningConfig& running_;
  proxy::Shared& shared_;
  const Mover& mover_;
  const metrics::AllCounters& counters_;
  const metrics::ControlCounters& control_;
  double started_wall_;
};

}  // namespace pinion
