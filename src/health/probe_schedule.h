// When to probe a backend next: at random times, so that what probes meet is what there is on
// average (Poisson arrivals see time averages), and more often while it looks busy or is not known
// yet.
//
// Threads: the prober's. Pure: takes time and chance as parameters.
// Invariants: the mean is never below kLeastMean (of the first probes kFirstMean), nor below kShare
//   times what a probe costs the backend, nor below the wait that the probes meet: several pinions
//   together stay small. An interval is never below kShortest, nor above kLongest means.
#pragma once

#include <algorithm>
#include <random>

#include "balance/probe_reading.h"
#include "base/clock.h"

namespace pinion::health {

class ProbeSchedule {
 public:
  static constexpr Duration kLeastMean = std::chrono::milliseconds{250};
  static constexpr Duration kShortest = std::chrono::milliseconds{5};
  static constexpr int kLongest = 5;  // means
  static constexpr int kFaster = 4;   // as often, at most
  static constexpr int kShare = 200;  // a probe takes at most 1/200 of the backend's time

  /// @param learns false: probes tell nothing of how busy it is, so none are hurried
  explicit ProbeSchedule(Duration interval, bool learns = true) noexcept
      : interval_(interval), learns_(learns) {}

  /// So many probes go out quickly, whether they turn out to be samples or not: without them
  /// nothing is known, and where sessions go meanwhile they stay.
  static constexpr int kFirst = 60;
  static constexpr Duration kFirstMean = std::chrono::milliseconds{100};
  static constexpr int kFirstFaster = 10;
  /// A confidence in the readings from which on they count in full.
  static constexpr double kSureEnough = 0.5;

  /// The mean time between probes for a backend that looks like this.
  [[nodiscard]] Duration mean(const balance::ProbeReading& reading) const noexcept;
  /// The time until the next probe, drawn by lot.
  Duration draw(const balance::ProbeReading& reading, std::mt19937& random) const;
  /// A probe goes out that the schedule wanted, to a backend that is up.
  void went_out() noexcept { gone_out_ = std::min(gone_out_ + 1, kFirst); }

 private:
  Duration interval_;
  bool learns_;
  int gone_out_ = 0;  // up to kFirst
};

}  // namespace pinion::health
