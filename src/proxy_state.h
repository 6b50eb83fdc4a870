// Owns what all workers share (proxy::Shared): logs, backends, books, budget.
//
// Threads: as each part says.
// Lifetime: made before everything that works by it, outlives it.
#pragma once

#include <cstddef>

#include "config/config.h"
#include "metrics/control_counters.h"
#include "proxy/shared.h"

namespace pinion {

struct ProxyState {
  ProxyState(const config::Config& config, log::AccessLog access);

  /// Makes room for pools that are new, before anybody knows of them.
  void grow(std::size_t pools);

  log::Logger log;
  log::AccessLog access_log;
  BufferBudget budget;
  balance::Registry registry;
  balance::SharedTurns turns;
  balance::SharedAdmissions admissions;
  proxy::SessionLedger ledger;
  proxy::BackendNews news;
  proxy::Shared shared;
  metrics::ControlCounters control_counters;
};

}  // namespace pinion
