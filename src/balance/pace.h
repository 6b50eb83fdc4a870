// How many sessions a backend is given in a second: the generic cell rate algorithm, so that one
// number is all that is remembered.
//
// Threads: any; one atomic operation each.
// Lifetime: part of its Backend.
// Invariants: in no second are there more successful calls of take() than the rate that is in
// force.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace pinion::balance {

class Pace {
 public:
  /// What a pause may be made up for in one go, so that a waiter who is looked at a little late
  /// takes nothing from the rate.
  static constexpr Duration kSlack = std::chrono::milliseconds{50};

  /// Until then no more than `rate` a second come, whatever the config says: how many it can take
  /// shows late.
  void be_careful(TimePoint until, std::uint32_t rate) noexcept {
    careful_rate_.store(rate, std::memory_order_relaxed);
    careful_until_ns_.store(until.time_since_epoch().count(), std::memory_order_relaxed);
  }
  void be_careful_no_more() noexcept { careful_until_ns_.store(0, std::memory_order_relaxed); }
  /// @param rate of the config, a second; 0: no limit. @returns the one that is in force
  [[nodiscard]] std::uint32_t in_force(TimePoint now, std::uint32_t rate) const noexcept {
    const std::int64_t until = careful_until_ns_.load(std::memory_order_relaxed);
    if (now.time_since_epoch().count() >= until) return rate;
    const std::uint32_t careful = careful_rate_.load(std::memory_order_relaxed);
    return rate == 0 ? careful : std::min(rate, careful);
  }

  /// Less may come than the config says.
  [[nodiscard]] bool careful(TimePoint now, std::uint32_t rate) const noexcept {
    return in_force(now, rate) != rate;
  }

  /// Whether another one may come now. @param rate a second; 0: no limit
  [[nodiscard]] bool ready(TimePoint now, std::uint32_t rate) const noexcept {
    return in_force(now, rate) == 0 || is_due(due_ns_.load(std::memory_order_relaxed), now);
  }
  /// The same for one that has not waited: those who come back and wait go before.
  [[nodiscard]] bool ready_for_new(TimePoint now, std::uint32_t rate) const noexcept {
    return ready(now, rate) && (in_force(now, rate) == 0 || waiting_ == 0);
  }
  /// Somebody who comes back begins to wait for it, and waits no more.
  void begin_wait() noexcept { waiting_.fetch_add(1, std::memory_order_relaxed); }
  void end_wait() noexcept { waiting_.fetch_sub(1, std::memory_order_relaxed); }
  /// Counts one that comes now. @returns false if it must not come yet
  bool take(TimePoint now, std::uint32_t rate) noexcept;

 private:
  static bool is_due(std::int64_t due_ns, TimePoint now) noexcept {
    return due_ns - kSlack.count() <= now.time_since_epoch().count();
  }

  std::atomic<std::uint32_t> waiting_{0};  // who come back to this backend
  std::atomic<std::uint32_t> careful_rate_{0};
  std::atomic<std::int64_t> careful_until_ns_{0};
  std::atomic<std::int64_t> due_ns_{0};  // when the next one comes if all keep their distance
};

}  // namespace pinion::balance
