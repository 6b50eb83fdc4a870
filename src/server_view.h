// The running server as the admin endpoint sees it: its status, sessions and backends, and what may
// be done to them.
//
// Threads: the admin thread; all it reads is atomic or locked by its owner.
// Lifetime: everything it refers to outlives it.
#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "admin/control.h"
#include "backend_names.h"
#include "balance/backend_set.h"
#include "config/config.h"
#include "metrics_view.h"
#include "mover.h"
#include "proxy/session_ledger.h"
#include "proxy/shared.h"
#include "running_config.h"

namespace pinion {

class ServerView final : public admin::Control {
 public:
  /// What is done on other threads: the workers' and the main one.
  class Actions {
   public:
    virtual void close_session(const session::Session& session) = 0;
    /// Has every worker tell the PinTable what its tunnels have moved; waits for them, but not
    /// long.
    virtual void publish_tunnels() = 0;
    virtual void drain(balance::Backend& backend, const admin::DrainOrder& order) = 0;
    virtual void undrain(balance::Backend& backend) = 0;
    virtual void rebalance(std::shared_ptr<const balance::BackendSet> set, double per_second) = 0;
    virtual void stop_rebalance(PoolId pool) = 0;
    virtual admin::ReloadView reload() = 0;

   protected:
    ~Actions() = default;
  };

  ServerView(const RunningConfig& running, proxy::Shared& shared, const Mover& mover,
             const metrics::AllCounters& counters, metrics::ControlCounters& control_counters,
             Actions& actions, const std::atomic<bool>& shutting_down);

  [[nodiscard]] admin::StatusView status() const override;
  [[nodiscard]] admin::SessionPage sessions(const admin::SessionQuery& query) const override;
  [[nodiscard]] std::optional<admin::SessionView> session(const std::string& sid) const override;
  bool close_session(const std::string& sid) override;
  [[nodiscard]] std::optional<admin::BackendView> drain(const admin::BackendName& name,
                                                        const admin::DrainOrder& order) override;
  [[nodiscard]] std::optional<admin::BackendView> undrain(const admin::BackendName& name) override;
  [[nodiscard]] std::optional<admin::RebalanceView> rebalance(const std::string& pool,
                                                              double per_second) override;
  [[nodiscard]] std::optional<admin::StoppedView> stop_rebalance(const std::string& pool) override;
  admin::ReloadView reload() override { return actions_.reload(); }
  [[nodiscard]] std::string not_ready() const override;
  [[nodiscard]] std::string metrics_text() const override { return metrics_.metrics_text(); }
  void count_refusal(metrics::AdminRefusal reason) noexcept override {
    control_counters_.refused(reason);
  }

 private:
  [[nodiscard]] BackendNames names() const {
    return BackendNames(shared_.registry, running_.get().backends);
  }
  /// @param asked "name" or "pool/name"; empty: any
  [[nodiscard]] bool is_of_backend(BackendId id, const BackendNames& names,
                                   const std::string& asked) const;
  [[nodiscard]] admin::SessionView named_view(const session::Session& session,
                                              const BackendNames& names, TimePoint now) const;
  [[nodiscard]] admin::BackendView view_of(const balance::Backend& backend,
                                           const std::string& name) const;
  [[nodiscard]] std::optional<session::Session> find(const std::string& sid) const;
  [[nodiscard]] balance::Backend* find(const admin::BackendName& name) const;
  /// The backends of a pool; null when the config has none of that name.
  [[nodiscard]] std::shared_ptr<const balance::BackendSet> set_of_pool(
      const std::string& pool) const;

  const RunningConfig& running_;
  proxy::Shared& shared_;
  const Mover& mover_;
  const metrics::AllCounters& counters_;
  metrics::ControlCounters& control_counters_;
  Actions& actions_;
  const std::atomic<bool>& shutting_down_;
  MetricsView metrics_;
  TimePoint started_;
};

}  // namespace pinion
