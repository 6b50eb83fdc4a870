// The config and the backends that hold now, for all who are not told of them: the admin thread,
// and orders that the main thread carries out later.
//
// Threads: changed on the main thread, read from any.
// Lifetime: what is read stays good for as long as it is held.
// Invariants: whoever reads gets backends and a config that knows their pools.
#pragma once

#include <memory>
#include <mutex>
#include <utility>

#include "balance/backend_set.h"
#include "config/config.h"

namespace pinion {

class RunningConfig {
 public:
  struct Snapshot {
    std::shared_ptr<const config::Config> config;
    balance::BackendSets backends;
  };

  RunningConfig(std::shared_ptr<const config::Config> config, balance::BackendSets backends)
      : now_{std::move(config), std::move(backends)} {}

  void set(Snapshot next) {
    const std::lock_guard lock(mutex_);
    now_ = std::move(next);
  }
  [[nodiscard]] Snapshot get() const {
    const std::lock_guard lock(mutex_);
    return now_;
  }

 private:
  mutable std::mutex mutex_;
  Snapshot now_;  // guarded by mutex_
};

}  // namespace pinion
