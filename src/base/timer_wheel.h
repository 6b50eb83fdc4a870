// Deadlines of many connections for the price of one loop timer: a hashed timing wheel
// (Varghese and Lauck, "Hashed and Hierarchical Timing Wheels", 1987).
//
// Threads: belongs to one worker.
// Lifetime: the wheel owns no timer; a WheelTimer leaves the wheel when it dies.
// Invariants: a timer fires at most one tick late and never early. Deadlines beyond one turn of the
//   wheel stay in their slot until their turn comes.
#pragma once

#include <cstddef>
#include <vector>

#include "base/clock.h"
#include "base/intrusive_list.h"

namespace pinion {

class WheelTimer : public ListHook<WheelTimer> {
 public:
  [[nodiscard]] bool armed() const noexcept { return is_linked(); }
  [[nodiscard]] TimePoint deadline() const noexcept { return deadline_; }
  void disarm() noexcept { unlink(); }

 protected:
  ~WheelTimer() = default;

 private:
  friend class TimerWheel;
  virtual void on_timer(TimePoint now) noexcept = 0;

  TimePoint deadline_{};
};

class TimerWheel {
 public:
  /// @param tick granularity of deadlines @param slots how many ticks one turn has
  TimerWheel(Duration tick, std::size_t slots, TimePoint start);

  /// Arms the timer, or moves it to another deadline.
  void arm(WheelTimer& timer, TimePoint deadline) noexcept;
  /// Fires what is due; timers may be armed, disarmed and destroyed meanwhile.
  void advance(TimePoint now) noexcept;

 private:
  using Slot = IntrusiveList<WheelTimer, WheelTimer>;

  [[nodiscard]] std::size_t ticks_until(TimePoint at) const noexcept;

  Duration tick_;
  TimePoint start_;
  std::size_t current_ = 0;  // ticks that have been fired
  std::vector<Slot> slots_;
};

}  // namespace pinion
