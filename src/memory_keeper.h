// Gives memory back to the system once a crowd has gone. What a session had is freed at once, but
// the allocator keeps it for later: pages in the middle of its heaps stay resident until it is
// told.
//
// Threads: the main thread; workers that allocate wait meanwhile, a few milliseconds for what ten
//   thousand sessions have left behind.
// Lifetime: Shared outlives it.
#pragma once

#include "base/ebb.h"
#include "proxy/shared.h"
#include "uv/timer.h"

namespace pinion {

class MemoryKeeper final : private uv::Timer::Handler {
 public:
  MemoryKeeper(uv::Loop& loop, proxy::Shared& shared);

 private:
  // For the timer, which does not see private bases.
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void on_tick() noexcept override;

  uv::Loop& loop_;
  proxy::Shared& shared_;
  Ebb people_;  // connections and sessions
  Ebb bytes_;   // that wait in queues
  uv::Timer timer_;
};

}  // namespace pinion
