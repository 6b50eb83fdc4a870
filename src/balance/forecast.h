// What is to be expected of one backend: the part of its LoadReading that a choice needs, worked
// out as far as it can be without the counts of now, since each choice reads it of many backends.
//
// Threads: a value; Backend::forecast() gives the newest to any thread.
#pragma once

#include <cstdint>

#include "balance/load_reading.h"
#include "base/clock.h"

namespace pinion::balance {

struct Forecast {
  /// Busy share that bytes waiting for it may stand for: those of an upload are many, and one piece
  /// of work.
  static constexpr double kMostWaiting = 1.0;

  TimePoint at{};              // of the reading; zero: there is none yet
  double unseen = 0;           // busy share that its rates show beside that of its mean sessions
  double per_session = 0;      // busy share of a mean session here
  double at_least = 0;         // busy share that its probes show, whatever its rates say
  double per_queued_byte = 0;  // busy share that a byte waiting for it stands for
  double reported_by_session = 0;  // load of a session, as the pool's backends report; 0: unknown
  TimePoint ramp_until{};          // it takes its part by and by until then
  std::uint64_t returns = 0;       // Backend::returns() that this knows of
  Duration wait{};                 // how long its probes wait
  float trust = 0;                 // 0 to 1: how far the pool's measurements may decide
  bool hot = false;                // its probes wait long

  /// The busy share to expect of its event loop, from 0; above 1 it cannot keep up. The work rate
  /// lags behind as the average of sessions does, so the sessions between that average and those of
  /// now count as mean ones: some were just placed, some have just left. A loop that cannot keep up
  /// makes no more frames, however many sessions it has: that only its probes show.
  /// @param sessions live and reserved ones now  @param queued bytes waiting for it
  [[nodiscard]] double busy(std::uint64_t sessions, std::uint64_t queued) const noexcept {
    const double waiting = static_cast<double>(queued) * per_queued_byte;
    const double share = unseen + static_cast<double>(sessions) * per_session +
                         (waiting < kMostWaiting ? waiting : kMostWaiting);
    return share > at_least ? share : at_least;
  }
  /// @param returns_now Backend::returns(); the keeper may not have looked since
  [[nodiscard]] bool is_ramping(TimePoint now, std::uint64_t returns_now) const noexcept {
    if (at == TimePoint{}) return false;
    return returns != returns_now || now < ramp_until;
  }
};

Forecast forecast_of(const LoadReading& reading) noexcept;

}  // namespace pinion::balance
