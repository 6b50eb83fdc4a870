// How much one client has sent, against what it may: the generic cell rate algorithm, so that one
// point in time is all that is remembered of each limit. What was read cannot be given back, so
// more may be taken than there is; then it is waited for.
//
// Threads: a value. Time is a parameter.
// Invariants: over any stretch of time, who waits for wait() before each taking takes at most
//   burst + rate × time + one taking. A wait is at most kLongest.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"

namespace pinion {

struct EventRate {
  std::uint64_t frames = 0, bytes = 0;  // a second; 0: no limit
  Duration burst{};                     // so much time's worth may come at once

  [[nodiscard]] bool any() const noexcept { return frames != 0 || bytes != 0; }
  bool operator==(const EventRate&) const = default;
};

class EventMeter {
 public:
  /// What is more than that is forgiven, so that nobody waits without end.
  static constexpr Duration kLongest = std::chrono::minutes{1};

  void take(const EventRate& rate, std::uint64_t frames, std::uint64_t bytes,
            TimePoint now) noexcept {
    add(frames_due_, frames, rate.frames, rate.burst, now);
    add(bytes_due_, bytes, rate.bytes, rate.burst, now);
  }
  /// How long until no more has come than may.
  [[nodiscard]] Duration wait(const EventRate& rate, TimePoint now) const noexcept {
    return std::max(std::max(frames_due_, bytes_due_) - rate.burst - now, Duration::zero());
  }
  /// Of what may come at once, how many are left; `most` without a limit.
  [[nodiscard]] double frames_left(const EventRate& rate, double most,
                                   TimePoint now) const noexcept {
    return left(frames_due_, rate.frames, rate.burst, most, now);
  }
  [[nodiscard]] double bytes_left(const EventRate& rate, double most,
                                  TimePoint now) const noexcept {
    return left(bytes_due_, rate.bytes, rate.burst, most, now);
  }

 private:
  static void add(TimePoint& due, std::uint64_t amount, std::uint64_t rate, Duration burst,
                  TimePoint now) noexcept {
    if (rate == 0) return;
    const double longest = to_seconds(burst + kLongest);
    const double takes = static_cast<double>(amount) / static_cast<double>(rate);
    const auto time = std::chrono::duration<double>(std::min(takes, longest));
    due = std::max(due, now) + std::chrono::duration_cast<Duration>(time);
    due = std::min(due, now + burst + kLongest);
  }
  static double left(TimePoint due, std::uint64_t rate, Duration burst, double most,
                     TimePoint now) noexcept {
    if (rate == 0) return most;
    const Duration unused = burst - std::max(due - now, Duration::zero());
    return std::clamp(to_seconds(unused) * static_cast<double>(rate), 0.0, most);
  }

  // When all that has come would have come at the rate alone.
  TimePoint frames_due_{}, bytes_due_{};
};

}  // namespace pinion
