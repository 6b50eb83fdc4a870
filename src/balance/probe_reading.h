// What the probes of one backend tell of its event loop, as the choice of a backend sees it.
//
// Threads: a value; Backend::probe_reading() gives the newest to any thread.
#pragma once

#include <cstdint>

#include "balance/busy_tally.h"
#include "base/clock.h"

namespace pinion::balance {

struct ProbeReading {
  /// 0 to 1: the share of probes that had to wait, each by the time that it stands for. They go out
  /// at random times, so that this is the share of time in which the loop was busy (Poisson
  /// arrivals see time averages).
  double busy_share = 0.0;
  Duration wait{};          // mean over the newest probes, beyond the baseline
  Duration baseline{};      // what a probe takes that need not wait
  Duration latency{};       // all that the newest probe took
  double confidence = 0.0;  // 0 to 1; 0: nothing can be told of busy_share and wait
  std::uint32_t samples = 0;
  TimePoint at{};   // of the newest sample
  BusyTally tally;  // since the beginning, each as it looked when it was answered
};

}  // namespace pinion::balance
