// A real Worker on a thread of its own, with everything that it needs, in front of addresses that
// the test gives. When it dies it checks that nothing was forgotten: every gauge is zero.
//
// Threads: the test's, but for the worker's own.
// Lifetime: the test's peers die first, so that only pinion's own doing is left to be counted.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "peer.h"
#include "proxy/worker.h"

namespace pinion::proxy::test {

struct Options {
  std::string timeouts{}, limits{}, overload{}, pool{};  // lines of those sections of the config
  std::size_t max_connections = 1000;
  std::size_t keep_alive_connections = 0;  // so that each request meets a connection of its own
};

class RunningProxy {
 public:
  explicit RunningProxy(const std::vector<SocketAddress>& backends, const Options& options = {});
  ~RunningProxy();
  RunningProxy(const RunningProxy&) = delete;
  RunningProxy& operator=(const RunningProxy&) = delete;

  [[nodiscard]] Peer client(int receive_buffer = 0) const {
    return Peer::connect_to(address_, receive_buffer);
  }
  /// Runs a task on the worker's thread and waits for it.
  void on_worker(const std::function<void(Worker&)>& task);
  /// As after a reload with other [proxy.limits].
  void use_limits(const std::string& limits);
  /// Stops the worker's thread while `meanwhile` runs, so that what happens then is seen in one
  /// turn.
  void while_stopped(const std::function<void()>& meanwhile);

  [[nodiscard]] SessionLedger& ledger() noexcept { return ledger_; }
  [[nodiscard]] metrics::WorkerCounters& counters() noexcept { return counters_; }
  [[nodiscard]] balance::Backend& backend(std::size_t index) { return *backends_[index]; }
  [[nodiscard]] std::size_t buffered() const noexcept { return budget_.used(); }
  [[nodiscard]] std::size_t connections() const noexcept { return shared_.connections.load(); }
  /// Ends of connections and tunnels that had no session.
  [[nodiscard]] std::uint64_t closes(metrics::CloseReason reason) const noexcept {
    return counters_.closes[static_cast<std::size_t>(reason)].value() + ledger_.closes(reason);
  }

 private:
  metrics::WorkerCounters counters_{1};
  std::shared_ptr<const config::Config> config_;
  log::Logger log_;
  log::AccessLog access_log_;
  BufferBudget budget_;
  balance::Registry registry_;
  balance::SharedTurns turns_;
  balance::SharedAdmissions admissions_;
  SessionLedger ledger_;
  BackendNews news_;
  Shared shared_;
  std::vector<balance::Backend*> backends_;
  SocketAddress address_;
  std::unique_ptr<Worker> worker_;
  std::thread thread_;
};

/// Waits until something is so. @returns whether it became so before the deadline
bool eventually(const std::function<bool()>& condition);

}  // namespace pinion::proxy::test
