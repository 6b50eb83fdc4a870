// How long answers took lately: a decaying average.
//
// Threads: any.
// Lifetime: part of its Backend.
#pragma once

#include <atomic>
#include <optional>

#include "base/clock.h"

namespace pinion::balance {

class Latency {
 public:
  void add(Duration took) noexcept {
    const double seconds = to_seconds(took);
    double before = seconds_.load(std::memory_order_relaxed);
    const auto after = [seconds](double average) {
      return average < 0 ? seconds : average + kShare * (seconds - average);
    };
    while (!seconds_.compare_exchange_weak(before, after(before), std::memory_order_relaxed)) {
    }
  }
  /// In seconds; nothing before the first answer.
  [[nodiscard]] std::optional<double> seconds() const noexcept {
    const double average = seconds_.load(std::memory_order_relaxed);
    return average < 0 ? std::nullopt : std::optional(average);
  }

 private:
  // Of one answer in the average: about the last twenty count.
  static constexpr double kShare = 0.05;
  std::atomic<double> seconds_{-1};
};

}  // namespace pinion::balance
