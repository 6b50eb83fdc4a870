// What the probes of one backend tell of its event loop, as the choice of a backend sees it.
//
// Threads: a value; Backend::probe_reading() gives the newest to any thread.
#pragma once

#include <cstdint>

#include "base/clock.h"

namespace pinion::balance {

/// All probes so far, or those of a while, each by the time that it stands for: the mean time
/// between probes when it was drawn, since a busy loop is probed more often than an idle one.
struct ProbeTally {
  double seconds = 0;  // that they stand for
  double busy = 0;     // of these, where they had to wait
  double squares = 0;  // of each one's seconds

  /// How many equal ones would tell as much.
  [[nodiscard]] double worth() const noexcept {
    return squares > 0 ? seconds * seconds / squares : 0;
  }
  friend ProbeTally operator-(const ProbeTally& a, const ProbeTally& b) noexcept {
    return {a.seconds - b.seconds, a.busy - b.busy, a.squares - b.squares};
  }
};

struct ProbeReading {
  /// 0 to 1: the share of probes that had to wait. Probes go out at random times, so that this is
  /// the share of time in which the loop was busy (Poisson arrivals see time averages).
  double busy_share = 0.0;
  Duration wait{};          // mean over the newest probes, beyond the baseline
  Duration baseline{};      // what a probe takes that need not wait
  Duration latency{};       // all that the newest probe took
  double confidence = 0.0;  // 0 to 1; 0: nothing can be told of busy_share and wait
  std::uint32_t samples = 0;
  TimePoint at{};    // of the newest sample
  ProbeTally tally;  // since the beginning, each as it looked when it was answered
};

}  // namespace pinion::balance
