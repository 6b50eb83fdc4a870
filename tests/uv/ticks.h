// A timer's handler that counts, and stops the timer when it is told to.
//
// Threads: the loop's.
#pragma once

#include "uv/timer.h"

namespace pinion::uv::test {

struct Ticks final : Timer::Handler {
  void on_tick() noexcept override {
    ++count;
    if (timer != nullptr && count == stop_at) timer->stop();
  }
  int count = 0;
  int stop_at = 0;
  Timer* timer = nullptr;
};

}  // namespace pinion::uv::test
