// Hands new backends and a new config to all who work by them: the one place that says who hears of
// them, and in which order.
//
// Threads: the main thread.
// Lifetime: what it refers to outlives it.
// Invariants: whoever learns of a pool finds all its tables; workers are told last, so that nobody
//   chooses a backend that is not watched.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "backend_monitor.h"
#include "departed_backends.h"
#include "health/discovery.h"
#include "mover.h"
#include "proxy/overload_watch.h"
#include "proxy_state.h"
#include "reloader.h"
#include "running_config.h"
#include "worker_group.h"

namespace pinion {

class Rollout final : public health::DiscoveryEvents, public Reloader::Follower {
 public:
  struct Parts {
    uv::Loop& loop;
    ProxyState& state;
    health::Discovery& discovery;
    RunningConfig& running;
    BackendMonitor& monitor;
    Mover& mover;
    proxy::OverloadWatch& overload;
    WorkerGroup& workers;
  };

  explicit Rollout(const Parts& parts) noexcept : parts_(parts) {}

  void on_other_address(balance::Backend& backend, bool drained) noexcept override;
  void on_let_go(balance::Backend& backend) noexcept override { departed_.add(backend); }
  void on_backends_changed(const balance::BackendSets& sets) noexcept override;
  void follow(std::shared_ptr<const config::Config> config, std::vector<OpenListener> open,
              std::vector<std::string> close) override;

 private:
  void tell(const RunningConfig::Snapshot& next);

  Parts parts_;
  DepartedBackends departed_;
  std::vector<balance::Backend*> ordered_;  // by orders that have come with an address
};

}  // namespace pinion
