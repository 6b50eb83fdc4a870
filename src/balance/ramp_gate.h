// Keeps a backend that has just joined or come back from being flooded: of the sessions that this
// worker places, it may take twice its fair share, spread evenly, and not one more.
//
// Threads: one worker's. Each counts for itself, so the bound holds for all of them together.
// Lifetime: as long as the worker.
// Invariants: only backends that ramp up are remembered.
#pragma once

#include <cstdint>
#include <span>
#include <unordered_map>
#include <vector>

#include "balance/backend.h"
#include "base/ids.h"

namespace pinion::balance {

class RampGate {
 public:
  /// How many fair shares a backend that ramps up may take.
  static constexpr double kShares = 2.0;

  /// Those of a pool's backends that get less than what would come their way, since they ramp up.
  /// So whoever is moved to them now might be sent elsewhere.
  static std::vector<Backend*> held_back(std::span<Backend* const> backends, TimePoint now);

  /// Whether a backend that ramps up may have the next session.
  /// @param fair its part of the sessions by weight, up to 1
  bool admits(PoolId pool, BackendId backend, double fair);
  /// It got the session.
  void took(BackendId backend);
  /// A session of that pool was placed, wherever.
  void placed(PoolId pool) { ++placed_[pool]; }
  /// It ramps up no more.
  void done(BackendId backend) {
    if (!credits_.empty()) credits_.erase(backend);
  }
  /// None is known to ramp up.
  [[nodiscard]] bool empty() const noexcept { return credits_.empty(); }

 private:
  struct Credit {
    std::uint64_t placed = 0;  // of the pool, up to which it was given
    double sessions = 0;       // that it may take
  };

  std::unordered_map<PoolId, std::uint64_t> placed_;
  std::unordered_map<BackendId, Credit> credits_;
};

}  // namespace pinion::balance
