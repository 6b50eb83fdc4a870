// A timer that is exact to some microseconds. The loop's own timers fire on whole milliseconds, as
// do those of every other program on libuv: what must fall on times that have nothing to do with
// them cannot use those.
//
// Threads: the loop's.
// Lifetime: stops when it dies; the handler outlives it.
#pragma once

#include "base/clock.h"
#include "uv/poll_fd.h"
#include "uv/timer.h"

namespace pinion::uv {

class ExactTimer final : private PollFd::Handler {
 public:
  ExactTimer(Loop& loop, Timer::Handler& handler);
  ExactTimer(const ExactTimer&) = delete;
  ExactTimer& operator=(const ExactTimer&) = delete;

  /// Fires once, at `at` or at once if that is over. Replaces what was set before.
  void start(TimePoint at) noexcept;
  void stop() noexcept;

 private:
  void on_ready(int events) noexcept override;

  Timer::Handler& handler_;
  PollFd fd_;
};

}  // namespace pinion::uv
