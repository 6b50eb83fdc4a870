// A timer of the loop. Connections use the TimerWheel instead; this drives it.
//
// Threads: the loop's.
// Lifetime: stops when it dies; the handler outlives it.
#pragma once

#include "base/clock.h"
#include "uv/handle.h"
#include "uv/loop.h"

namespace pinion::uv {

class Timer {
 public:
  class Handler {
   public:
    virtual void on_tick() noexcept = 0;

   protected:
    ~Handler() = default;
  };

  Timer(Loop& loop, Handler& handler);
  /// Fires after `first`, then every `period` (0: once).
  void start(Duration first, Duration period) noexcept;
  void stop() noexcept;

 private:
  HandlePtr<uv_timer_t> handle_;
};

}  // namespace pinion::uv
