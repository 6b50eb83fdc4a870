// All workers and their threads, told together.
//
// Threads: the main thread, but for publish_tunnels(), settle() and close_sessions(), which any
//   other than the workers' may call while the threads run.
// Lifetime: what the workers share outlives it; join() before it dies.
// Invariants: the file of a unix listener goes when its workers are told to give it up, so that who
//   comes from then on is refused at once, and whoever comes after us finds the path free.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "balance/backend_set.h"
#include "base/socket_file.h"
#include "config/config.h"
#include "listening.h"
#include "metrics/worker_counters.h"
#include "proxy/worker.h"
#include "session_closer.h"

namespace pinion {

class WorkerGroup final : public SessionCloser {
 public:
  /// That settle() takes, at most.
  static constexpr Duration kSettleTime = std::chrono::seconds{1};

  explicit WorkerGroup(proxy::Shared& shared) noexcept : shared_(shared) {}

  /// As many as the config says, with a socket of each listener.
  void make(const std::shared_ptr<const config::Config>& config,
            const balance::BackendSets& backends, std::vector<OpenListener> listeners);
  /// Makes counters for pools that are new, before anybody knows of them.
  void count_pools(std::size_t pools);
  /// @param done called on each worker's thread when it has ended
  void start(const std::function<void()>& done);
  void join();

  [[nodiscard]] std::size_t size() const noexcept { return workers_.size(); }
  [[nodiscard]] const metrics::AllCounters& counters() const noexcept { return counters_; }

  void set_backends(const balance::BackendSets& backends);
  /// @param open sockets of listeners that are new; @param close names of those that are given up
  void follow(const std::shared_ptr<const config::Config>& config,
              const balance::BackendSets& backends, std::vector<OpenListener> open,
              const std::vector<std::string>& close);
  void shut_down(Duration grace);
  /// Without a tunnel a session's next request hears that it is unknown.
  void close_sessions(std::span<const session::Session> sessions,
                      metrics::CloseReason reason) override;
  /// Has every worker tell the PinTable what its tunnels have moved; waits for them, but not long.
  void publish_tunnels();
  /// Waits until every worker has followed what it was told before, but not long.
  void settle();

 private:
  void keep_files(std::vector<OpenListener>& listeners);
  void have_all(void (*task)(proxy::Worker&), Duration most);

  proxy::Shared& shared_;
  metrics::AllCounters counters_;
  std::vector<std::unique_ptr<proxy::Worker>> workers_;
  std::vector<std::thread> threads_;
  std::map<std::string, SocketFile> files_;  // of unix listeners, by their names
};

}  // namespace pinion
