// What a session moves a second, as decaying averages: what passed t ago counts exp(-t / 5 s).
//
// Threads: a value, guarded by its session's shard. Time is a parameter.
#pragma once

#include <cmath>
#include <cstdint>

#include "base/clock.h"

namespace pinion::session {

struct Rates {
  /// After this long without traffic a rate has fallen to 1/e.
  static constexpr Duration kDecay = std::chrono::seconds{5};

  float frames_in = 0, frames_out = 0;  // a second
  float bytes_in = 0, bytes_out = 0;

  void decay(Duration passed) noexcept {
    if (passed <= Duration::zero()) return;
    const auto left = static_cast<float>(std::exp(-to_seconds(passed) / to_seconds(kDecay)));
    frames_in *= left;
    frames_out *= left;
    bytes_in *= left;
    bytes_out *= left;
  }
  /// @param traffic has frames_in and the like, which have just passed
  void add(const auto& traffic) noexcept {
    const auto share = [](std::uint64_t count) {
      return static_cast<float>(static_cast<double>(count) / to_seconds(kDecay));
    };
    frames_in += share(traffic.frames_in);
    frames_out += share(traffic.frames_out);
    bytes_in += share(traffic.bytes_in);
    bytes_out += share(traffic.bytes_out);
  }
};

}  // namespace pinion::session
