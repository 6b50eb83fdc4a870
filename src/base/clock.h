// Time as pinion's pure code sees it: a parameter, never read from a clock there.
//
// Threads: values. All workers and the control thread read CLOCK_MONOTONIC, so instants compare
// across threads.
#pragma once

#include <chrono>
#include <cstdint>

namespace pinion {

using Duration = std::chrono::nanoseconds;
using TimePoint = std::chrono::time_point<std::chrono::steady_clock, Duration>;

/// Now, from the same clock as the loops' time. For composition roots and tests of real time only.
inline TimePoint monotonic_now() noexcept { return std::chrono::steady_clock::now(); }

/// Seconds since the epoch by the clock on the wall, which may be set. For composition roots.
inline double epoch_seconds() noexcept {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// Whole milliseconds, rounded towards zero.
constexpr std::int64_t to_ms(Duration d) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(d).count();
}

/// Seconds as a floating point number, as metrics want them.
constexpr double to_seconds(Duration d) noexcept {
  return std::chrono::duration<double>(d).count();
}

}  // namespace pinion
