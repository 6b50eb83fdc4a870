// Moves people: empties backends that are to be stopped, and evens a pool out. Sessions are closed
// by and by, as a session::MovePlan says; their clients come back by themselves and are placed
// anew.
//
// Threads: the main thread, but for progress(), rebalance_progress() and verdict(), which any may
//   ask.
// Lifetime: the composition root's; what it refers to outlives it.
// Invariants: at most one order a backend and one a pool; a backend that drains is not evened out.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "admin/control.h"
#include "balance/backend_set.h"
#include "log/log.h"
#include "proxy/session_ledger.h"
#include "rebalance.h"
#include "session/move_plan.h"
#include "session_closer.h"

namespace pinion {

class Mover {
 public:
  using Terms = session::MovePlan::Terms;

  Mover(proxy::SessionLedger& ledger, log::Logger& log, SessionCloser& closer) noexcept
      : ledger_(ledger), log_(log), closer_(closer) {}

  /// Nothing new goes to the backend. @param close how its sessions are moved away; none: they are
  /// left to end. Ordered again while they are moved it may change how, not since when
  void drain(balance::Backend& backend, const std::optional<Terms>& close, TimePoint now);
  /// The order to drain it holds no more.
  void undrain(balance::Backend& backend, TimePoint now);
  /// Moves what the backends of a pool have above their shares; not before all who are to get them
  /// have ramped up, nor while one of them takes none for the moment.
  void rebalance(const balance::BackendSet& set, const Terms& terms, TimePoint now);
  /// Takes that back, if there is such an order; those that were told to move do so.
  void stop_rebalance(PoolId pool);
  /// The backends that are used now: those of before that are not among them are emptied too, and
  /// their leaving is told.
  void use(const balance::BackendSets& sets, TimePoint now);
  /// For the orders of a pool that are under way, too; it counts from when they were given.
  void set_patience(PoolId pool, Duration patience);
  /// Now and then, several times a second.
  void tick(TimePoint now);

  /// What is to leave each of these, for each that opens sessions to have its share; those that are
  /// being closed already leave by themselves. From any thread.
  [[nodiscard]] std::vector<std::uint64_t> to_move(std::span<balance::Backend* const> backends,
                                                   config::Balance balance, TimePoint now) const;

  /// Whether the server of a backend that is empty is of no more use, in words. From any thread.
  [[nodiscard]] std::string verdict(const balance::Backend& empty) const;

  struct Progress {
    std::string_view why;  // drain, rebalance
    std::uint64_t remaining = 0, moved = 0;
    double per_second = 0;
  };
  /// Of what is being moved away from a backend.
  [[nodiscard]] std::optional<Progress> progress(BackendId backend) const;
  /// Of a pool that is being evened out.
  [[nodiscard]] std::optional<admin::RebalanceProgress> rebalance_progress(PoolId pool) const;

 private:
  struct Drain {
    balance::Backend* backend = nullptr;
    std::optional<session::MovePlan> plan;
    bool said_empty = false;
    std::optional<TimePoint> without_sessions_since;
    bool said_others = false;
  };
  void move(session::MovePlan& plan, std::span<balance::Backend* const> from, TimePoint now);
  /// What keeps sessions away from it; empty: nothing does.
  [[nodiscard]] std::string why_none_come(balance::Backend& backend, TimePoint now) const;
  void tell_who_departed(TimePoint now);
  void tell_who_is_empty_by_agents();
  void even_out_among(const balance::BackendSets& sets, TimePoint now);
  void go_on(Drain& drain, TimePoint now);
  void tell_of_others(Drain& drain, TimePoint now);
  /// @returns whether it is over
  bool go_on(Rebalance& rebalance, TimePoint now);
  void publish();

  proxy::SessionLedger& ledger_;
  log::Logger& log_;
  SessionCloser& closer_;
  std::unordered_set<balance::Backend*> used_;
  std::unordered_map<balance::Backend*, TimePoint> departed_;  // since when
  // Those that were told to be empty by the word of their agents, and how often these had wanted
  // sessions again by then.
  std::unordered_map<const balance::Backend*, std::uint64_t> told_empty_;
  std::map<BackendId, Drain> drains_;
  std::map<PoolId, Rebalance> rebalances_;
  mutable std::mutex mutex_;
  std::unordered_map<BackendId, Progress> progress_;  // guarded by mutex_
  std::map<PoolId, admin::RebalanceProgress> pools_;  // likewise
};

}  // namespace pinion
