// How long answers took lately: a decaying average, of which nothing is said once there were none
// for a while.
//
// Threads: any.
// Lifetime: part of its Backend.
#pragma once

#include <atomic>
#include <cstdint>
#include <optional>

#include "base/clock.h"

namespace pinion::balance {

class Latency {
 public:
  static constexpr Duration kLately = std::chrono::minutes{1};

  void add(Duration took, TimePoint now) noexcept {
    const TimePoint newest{
        Duration{newest_ns_.exchange(now.time_since_epoch().count(), std::memory_order_relaxed)}};
    if (now - newest > kLately) forget();
    const double seconds = to_seconds(took);
    double before = seconds_.load(std::memory_order_relaxed);
    const auto after = [seconds](double average) {
      return average < 0 ? seconds : average + kShare * (seconds - average);
    };
    while (!seconds_.compare_exchange_weak(before, after(before), std::memory_order_relaxed)) {
    }
  }
  /// In seconds; nothing before the first answer, and kLately after the last one.
  [[nodiscard]] std::optional<double> seconds(TimePoint now) const noexcept {
    const double average = seconds_.load(std::memory_order_relaxed);
    const TimePoint newest{Duration{newest_ns_.load(std::memory_order_relaxed)}};
    return average < 0 || now - newest > kLately ? std::nullopt : std::optional(average);
  }
  /// Another process answers from now on.
  void forget() noexcept { seconds_.store(-1, std::memory_order_relaxed); }

 private:
  // Of one answer in the average: about the last twenty count.
  static constexpr double kShare = 0.05;
  std::atomic<double> seconds_{-1};
  std::atomic<std::int64_t> newest_ns_{0};
};

}  // namespace pinion::balance
