// What the admin endpoint may have done to the running server: mostly on the main thread, while
// whoever asked waits.
//
// Threads: the admin thread.
// Lifetime: everything it refers to outlives it.
#pragma once

#include <atomic>
#include <memory>

#include "mover.h"
#include "on_main.h"
#include "reloader.h"
#include "running_config.h"
#include "server_view.h"
#include "uv/loop.h"
#include "worker_group.h"

namespace pinion {

class AdminActions final : public ServerView::Actions {
 public:
  /// What the main thread has.
  struct Parts {
    uv::Loop& loop;
    const RunningConfig& running;
    Mover& mover;
    Reloader& reloader;
    WorkerGroup& workers;
    const std::atomic<bool>& shutting_down;
  };

  AdminActions(OnMain& on_main, const Parts& parts) noexcept : on_main_(on_main), parts_(parts) {}

  void close_session(const session::Session& session) override;
  void publish_tunnels() override { parts_.workers.publish_tunnels(); }
  void drain(balance::Backend& backend, const admin::DrainOrder& order) override;
  void undrain(balance::Backend& backend) override;
  void rebalance(std::shared_ptr<const balance::BackendSet> set, double per_second) override;
  void stop_rebalance(PoolId pool) override;
  admin::ReloadView reload() override;

 private:
  OnMain& on_main_;
  Parts parts_;
};

}  // namespace pinion
