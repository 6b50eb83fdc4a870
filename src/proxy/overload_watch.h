// Looks ten times a second at what pinion has used up, and tells the workers and the log which
// rungs of the ladder are taken.
//
// Threads: the main thread's loop; what it reads is atomic.
// Lifetime: Shared and the counters outlive it.
#pragma once

#include "config/config.h"
#include "metrics/worker_counters.h"
#include "proxy/overload.h"
#include "proxy/shared.h"
#include "uv/timer.h"

namespace pinion::proxy {

class OverloadWatch final : private uv::Timer::Handler {
 public:
  OverloadWatch(uv::Loop& loop, Shared& shared, const metrics::AllCounters& counters,
                const config::Overload& config);

  void set_config(const config::Overload& config) { config_ = config; }

 private:
  // For the timer, which does not see private bases.
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void on_tick() noexcept override;
  [[nodiscard]] Usage measured() const noexcept;
  void changed(Rung rung, bool taken);

  uv::Loop& loop_;
  Shared& shared_;
  const metrics::AllCounters& counters_;
  config::Overload config_;
  OverloadLadder ladder_;
  uv::Timer timer_;
};

}  // namespace pinion::proxy
