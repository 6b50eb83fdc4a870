// How often which duration came. The width of the buckets grows with the value (log-linear), so
// that every percentile is good to 1/64 while the memory stays the same.
//
// Threads: the loop's.
// Invariants: memory is fixed, some 14 KB; the longest is kept exactly.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"

namespace pinion::loadgen {

class Histogram {
 public:
  /// What is longer counts as this: 71 minutes, in microseconds.
  static constexpr std::uint64_t kLongest = 0xFFFF'FFFF;

  /// Counts one, in whole microseconds; a negative one counts as 0.
  void record(Duration duration) noexcept;
  void clear() noexcept { *this = {}; }

  [[nodiscard]] std::uint64_t count() const noexcept { return count_; }
  /// Of those recorded; 0 when there are none.
  [[nodiscard]] Duration longest() const noexcept { return longest_; }
  /// The shortest duration that `share` of all do not exceed. @param share from 0 to 1
  [[nodiscard]] Duration percentile(double share) const noexcept;

 private:
  static constexpr unsigned kBits = 6;  // of a value that its bucket tells apart
  static constexpr std::size_t kSteps = std::size_t{1} << kBits;
  static constexpr std::size_t kBuckets = (32 - kBits + 1) * kSteps;

  static std::size_t bucket_of(std::uint64_t microseconds) noexcept;
  static std::uint64_t last_of(std::size_t bucket) noexcept;

  std::uint64_t count_ = 0;
  Duration longest_{};
  std::array<std::uint64_t, kBuckets> buckets_{};
};

}  // namespace pinion::loadgen
