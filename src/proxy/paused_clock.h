// For how long a source has not been read because its sink was full.
//
// Threads: the worker's.
// Lifetime: one direction of an exchange or tunnel.
#pragma once

#include "base/clock.h"
#include "metrics/worker_counters.h"

namespace pinion::proxy {

class PausedClock {
 public:
  [[nodiscard]] bool paused() const noexcept { return since_ != TimePoint{}; }

  void pause(TimePoint now, metrics::DirectionCounters& counters) noexcept {
    since_ = now;
    counters.paused.add();
  }
  /// @returns how long it was
  Duration resume(TimePoint now, metrics::DirectionCounters& counters) noexcept {
    if (!paused()) return Duration::zero();
    const Duration length = now - since_;
    since_ = TimePoint{};
    counters.paused_ns.add(static_cast<std::uint64_t>(length.count()));
    return length;
  }
  /// Counts what has passed so far and stays paused. @returns how long it was
  Duration split(TimePoint now, metrics::DirectionCounters& counters) noexcept {
    const Duration length = resume(now, counters);
    since_ = now;
    return length;
  }

 private:
  TimePoint since_{};  // the epoch: not paused
};

}  // namespace pinion::proxy
