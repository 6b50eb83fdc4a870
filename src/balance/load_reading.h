// What is known of the load of one backend, as the choice of a backend and the admin endpoint see
// it; and the load that follows from it now.
//
// Threads: a value; the keeper of loads publishes it, Backend::load_reading() gives the newest to
//   any thread.
#pragma once

#include <cstdint>

#include "balance/work_rate.h"
#include "base/clock.h"

namespace pinion::balance {

struct LoadReading {
  TimePoint at{};                   // of this reading; zero: there is none yet
  Rates rates;                      // decaying averages of what passes, and of its sessions
  double session_work = 0;          // units a second of a mean session of the pool
  double learnt_cost = 0;           // busy seconds a unit of work takes here; 0: not learnt
  double cost = 0;                  // the same, as far as it is certain; else that of the pool
  double work_per_queued_byte = 0;  // units a second that a byte waiting for it stands for
  double trust = 0;                 // 0 to 1: how far the pool's measurements may decide
  Duration wait{};                  // how long its probes wait
  TimePoint ramp_until{};           // it takes its part by and by until then
  std::uint64_t returns = 0;        // Health::returns() that this knows of
  bool hot = false;                 // its probes wait long

  /// @param returns_now Health::returns(); the keeper may not have looked since
  [[nodiscard]] bool is_ramping(TimePoint now, std::uint64_t returns_now) const noexcept {
    if (at == TimePoint{}) return false;
    return returns != returns_now || now < ramp_until;
  }
};

/// How much a measurement still says: 1 up to 5 s after it was made, 0 from 10 s on.
double freshness(TimePoint measured, TimePoint now) noexcept;

/// The busy share to expect of the backend's event loop, from 0; above 1 it cannot keep up. The
/// work rate lags behind as the average of sessions does, so the sessions between that average and
/// those of now count as mean ones: some were just placed, some have just left.
/// @param sessions live and reserved ones now  @param queued bytes waiting for it
double predicted_busy(const LoadReading& reading, std::uint64_t sessions,
                      std::uint64_t queued) noexcept;

}  // namespace pinion::balance
