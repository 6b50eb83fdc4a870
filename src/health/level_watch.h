// Holds every backend against the thresholds of its pool, tells it the outcome, and the log when
// that has changed.
//
// Threads: the main thread's loop.
// Lifetime: the log outlives it.
#pragma once

#include <unordered_map>

#include "balance/backend_set.h"
#include "balance/thresholds.h"
#include "log/log.h"
#include "uv/timer.h"

namespace pinion::health {

class LevelWatch final : private uv::Timer::Handler {
 public:
  static constexpr Duration kEvery = std::chrono::milliseconds{100};

  LevelWatch(uv::Loop& loop, log::Logger& log);

  /// The backends there are from now on, with the thresholds of their pools.
  void watch(const balance::BackendSets& sets);

 private:
  struct Kept {
    balance::LevelKeeper keeper;
    // When it became full:
    std::uint64_t sessions = 0;
    std::uint64_t returns = 0;   // Health::returns()
    std::uint64_t replaced = 0;  // Health::replaced(), when last looked at
  };

  // For the timer, which does not see private bases.
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void on_tick() noexcept override;
  void look_at(const balance::BackendSet& set, balance::Backend& backend);
  static void forget_former_process(Kept& kept, balance::Backend& backend);
  void tell(const balance::Backend& backend, const balance::Standing& before) const;
  void take_care(Kept& kept, const balance::BackendSet& set, balance::Backend& backend,
                 const balance::Standing& before) const;

  uv::Loop& loop_;
  log::Logger& log_;
  balance::BackendSets sets_;
  std::unordered_map<balance::Backend*, Kept> kept_;
  uv::Timer timer_;
};

}  // namespace pinion::health
