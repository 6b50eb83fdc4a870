// How one pool is evened out: who is to leave each of its backends, and when that may begin. Moving
// them is the Mover's.
//
// Threads: the main thread, but for to_move(), which any may ask.
// Lifetime: the Mover's, from the order until no backend has too many. The table outlives it, and
//   so do the backends, which their registry keeps.
// Invariants: nobody is moved while a backend that is to get people cannot take them yet, for its
//   ramp, or for the moment; nor faster than those who get them may take them; nor to where the
//   pool's policy would place nobody. What was moved stays counted, and patience goes on, whatever
//   changes.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "balance/backend_set.h"
#include "session/move_plan.h"
#include "session/pin_table.h"

namespace pinion {

class Rebalance {
 public:
  using Backends = std::span<balance::Backend* const>;
  using Counts = std::vector<std::uint64_t>;  // a number for each of the backends

  /// How long a backend may get no sessions, being away or too busy, before the others are evened
  /// out without it.
  static constexpr Duration kReturns = std::chrono::seconds{10};

  Rebalance(const session::PinTable& table, const balance::BackendSet& set,
            const session::MovePlan::Terms& terms, TimePoint now);

  /// What is to leave each of these, for each that opens sessions to have its share; those that are
  /// being closed already leave by themselves.
  [[nodiscard]] static Counts to_move(const session::PinTable& table, Backends backends,
                                      config::Balance balance, TimePoint now);

  /// Of those who ramp up the ones that lack some, and so are waited for.
  [[nodiscard]] static std::vector<balance::Backend*> ramping_receivers(Backends backends,
                                                                        config::Balance balance,
                                                                        TimePoint now);

  /// From now on; patience counts from the start all the same.
  void set_patience(Duration patience) noexcept { terms_.patience = patience; }
  /// The pool as it is from now on; not empty.
  void use(const balance::BackendSet& set, TimePoint now);
  /// Looks at it again. @returns whether people may be moved now, as the plan says
  [[nodiscard]] bool look(TimePoint now);

  [[nodiscard]] Backends backends() const noexcept { return backends_; }
  [[nodiscard]] session::MovePlan& plan() noexcept { return plan_; }
  [[nodiscard]] const session::MovePlan& plan() const noexcept { return plan_; }
  /// Those without which it does not go on.
  [[nodiscard]] const std::vector<balance::Backend*>& waits_for() const noexcept {
    return waits_for_;
  }

 private:
  /// A backend as it was when last looked at.
  struct Seen {
    std::uint32_t weight = 0;  // 0: it got no sessions, and had not for long
    std::optional<TimePoint> away_since;
  };

  static Counts leaving_of(const session::PinTable& table, Backends backends);
  [[nodiscard]] session::MovePlan::Quotas quotas_of(const Counts& leave) const;
  static bool has_changed(const balance::Backend& backend, bool is_too_busy, Seen& seen,
                          TimePoint now);
  [[nodiscard]] std::vector<balance::Backend*> too_busy_now(TimePoint now) const;
  void aim(TimePoint now);
  void keep_to_rates(TimePoint now);
  [[nodiscard]] Counts still_too_many(TimePoint now) const;

  const session::PinTable& table_;
  std::vector<balance::Backend*> backends_;
  config::Balance balance_;
  std::uint32_t rate_;  // of new sessions that each of them takes in a second; 0: any
  session::MovePlan::Terms terms_;
  session::MovePlan plan_;
  std::vector<Seen> seen_;  // of each backend
  bool ramps_ = true;       // some backend does, as far as is known
  bool began_ = false;
  std::vector<balance::Backend*> waits_for_;
};

}  // namespace pinion
