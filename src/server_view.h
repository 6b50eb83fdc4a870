// The running server as the admin endpoint sees it: numbers gathered from the workers' counters,
// the backends and the ledger.
//
// Threads: the admin thread; all it reads is atomic or locked by its owner.
// Lifetime: everything it refers to outlives it.
#pragma once

#include <memory>
#include <mutex>
#include <vector>

#include "admin/control.h"
#include "balance/backend_set.h"
#include "config/config.h"
#include "metrics/snapshot.h"
#include "metrics/worker_counters.h"
#include "proxy/session_ledger.h"
#include "proxy/shared.h"

namespace pinion {

class ServerView final : public admin::Control {
 public:
  using AllCounters = std::vector<std::unique_ptr<metrics::WorkerCounters>>;

  /// What only the workers can do, on their own threads.
  class Workers {
   public:
    virtual void close_session(const session::Session& session) = 0;
    /// Has every worker tell the PinTable what its tunnels have moved; waits for them, but not
    /// long.
    virtual void publish_tunnels() = 0;

   protected:
    ~Workers() = default;
  };

  ServerView(std::shared_ptr<const config::Config> config, proxy::Shared& shared,
             const AllCounters& counters, Workers& workers);

  /// From the main thread, whenever the backends change.
  void set_backends(balance::BackendSets sets);
  /// From the main thread: no new sessions from now on.
  void set_shutting_down() noexcept { shutting_down_.store(true, std::memory_order_relaxed); }

  [[nodiscard]] admin::StatusView status() const override;
  [[nodiscard]] admin::SessionPage sessions(const admin::SessionQuery& query) const override;
  [[nodiscard]] std::optional<admin::SessionView> session(const std::string& sid) const override;
  bool close_session(const std::string& sid) override;
  [[nodiscard]] std::string not_ready() const override;
  [[nodiscard]] std::string metrics_text() const override;

 private:
  [[nodiscard]] balance::BackendSets backends() const;
  [[nodiscard]] metrics::CounterTotals totals() const;
  [[nodiscard]] std::optional<session::Session> find(const std::string& sid) const;
  [[nodiscard]] admin::SessionView view_of(const session::Session& session, TimePoint now) const;

  std::shared_ptr<const config::Config> config_;
  proxy::Shared& shared_;
  const AllCounters& counters_;
  Workers& workers_;
  TimePoint started_;
  double started_wall_;
  std::atomic<bool> shutting_down_{false};
  mutable std::mutex mutex_;
  balance::BackendSets backends_;  // guarded by mutex_
};

}  // namespace pinion
