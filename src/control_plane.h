// The running server on the main thread: it makes the parts and wires them, has workers and admin
// endpoint run beside it, does what is to be done several times a second, and ends by signals.
//
// Threads: the main thread; it runs signals, name resolution, probes and the sweeping of sessions
//   on its loop.
// Lifetime: the loop, the state and the discovery outlive it.
#pragma once

#include <array>
#include <atomic>
#include <csignal>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "admin/server.h"
#include "admin_actions.h"
#include "backend_monitor.h"
#include "health/discovery.h"
#include "listening.h"
#include "memory_keeper.h"
#include "mover.h"
#include "on_main.h"
#include "proxy/overload_watch.h"
#include "proxy_state.h"
#include "reloader.h"
#include "rollout.h"
#include "running_config.h"
#include "server_view.h"
#include "uv/signal.h"
#include "worker_group.h"

namespace pinion {

class ControlPlane final : private uv::Signal::Handler, private uv::Timer::Handler {
 public:
  /// What it ends by, and reloads.
  static constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};

  struct Setup {
    std::string file;  // of the config, for reloads
    std::shared_ptr<const config::Config> config;
    std::vector<OpenListener> listeners;
  };

  ControlPlane(uv::Loop& loop, ProxyState& state, health::Discovery& discovery, Setup setup);

  /// @returns why there is no admin endpoint, in one line
  std::expected<void, std::string> start_admin(const std::string& token);
  /// Until a signal ends it, or all workers have ended.
  void run();

  /// Is to be told of new backends.
  [[nodiscard]] health::DiscoveryEvents& follower() noexcept { return rollout_; }

 private:
  void start_threads();
  void worker_done();

  void on_signal(int number) noexcept override;
  void on_tick() noexcept override;
  uv::Signal::Handler& as_signals() noexcept { return *this; }
  uv::Timer::Handler& as_ticker() noexcept { return *this; }

  uv::Loop& loop_;
  ProxyState& state_;
  RunningConfig running_config_;
  WorkerGroup workers_;
  Mover mover_;
  BackendMonitor monitor_;
  proxy::OverloadWatch overload_watch_;
  MemoryKeeper memory_keeper_;
  Rollout rollout_;
  Reloader reloader_;
  std::atomic<bool> shutting_down_{false};
  uv::Mailbox mailbox_;
  OnMain on_main_;
  AdminActions actions_;
  ServerView view_;
  admin::AdminServer admin_;
  std::size_t running_workers_ = 0;
  uv::Timer ticker_;
  std::vector<std::unique_ptr<uv::Signal>> signals_;
};

}  // namespace pinion
