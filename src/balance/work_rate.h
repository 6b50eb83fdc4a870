// How much passes a second: decaying averages of a backend's traffic and of its sessions, all over
// the same time, so that they may be divided by each other.
//
// Threads: one thread's.
// Lifetime: as long as the backend is watched.
#pragma once

#include <cstdint>

#include "balance/traffic.h"
#include "base/clock.h"

namespace pinion::balance {

/// A second each, but for the sessions, which are a number.
struct Rates {
  double frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0, requests = 0;
  double sessions = 0;

  /// Units of work a second (traffic.h says what one is).
  [[nodiscard]] double work() const noexcept { return frames_in + frames_out + requests; }
};

class WorkRate {
 public:
  /// What is this old counts 1/e of what is new.
  static constexpr Duration kMemory = std::chrono::seconds{5};

  /// The totals up to now. The first call only says where counting begins.
  /// @param sessions live and reserved ones
  void sample(TimePoint now, const Traffic& total, std::uint64_t sessions) noexcept;
  /// Nothing of before counts any more: the process that did it is gone.
  void forget() noexcept { *this = {}; }

  /// Over what was sampled, however short that is.
  [[nodiscard]] Rates rates() const noexcept;

 private:
  bool begun_ = false;
  TimePoint at_{};
  Traffic total_;
  Rates sums_;
  double weight_ = 0;  // of the sums, up to 1: the first seconds must not look like silence
};

}  // namespace pinion::balance
