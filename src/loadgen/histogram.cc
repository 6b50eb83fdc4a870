#include "loadgen/histogram.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>

namespace pinion::loadgen {

// Values below 2 * kSteps have buckets of their own; from there on each power of two has kSteps of
// them.
std::size_t Histogram::bucket_of(std::uint64_t microseconds) noexcept {
  if (microseconds < 2 * kSteps) return microseconds;
  const auto shift = static_cast<unsigned>(std::bit_width(microseconds)) - (kBits + 1);
  return shift * kSteps + (microseconds >> shift);
}

std::uint64_t Histogram::last_of(std::size_t bucket) noexcept {
  if (bucket < 2 * kSteps) return bucket;
  const std::size_t shift = bucket / kSteps - 1;
  return ((bucket - shift * kSteps + 1) << shift) - 1;
}

void Histogram::record(Duration duration) noexcept {
  using std::chrono::microseconds;
  const auto whole = std::chrono::duration_cast<microseconds>(duration);
  const auto value = static_cast<std::uint64_t>(std::max(whole, microseconds{0}).count());
  const auto kept = std::min(value, kLongest);
  ++count_;
  ++buckets_[bucket_of(kept)];
  longest_ = std::max(longest_, Duration(microseconds{kept}));
}

Duration Histogram::percentile(double share) const noexcept {
  const auto rank = static_cast<std::uint64_t>(
      std::max(1.0, std::ceil(share * static_cast<double>(count_) - 1e-9)));
  std::uint64_t passed = 0;
  for (std::size_t i = 0; i < kBuckets; ++i) {
    passed += buckets_[i];
    if (passed >= rank) {
      return std::min(longest_, Duration(std::chrono::microseconds{last_of(i)}));
    }
  }
  return longest_;
}

}  // namespace pinion::loadgen
