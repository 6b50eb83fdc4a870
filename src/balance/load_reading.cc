#include "balance/load_reading.h"

#include <algorithm>

namespace pinion::balance {

namespace {

constexpr Duration kFresh = std::chrono::seconds{5};
constexpr Duration kGone = std::chrono::seconds{10};

}  // namespace

double freshness(TimePoint measured, TimePoint now) noexcept {
  if (measured == TimePoint{}) return 0;
  if (now - measured <= kFresh) return 1;
  const double left = to_seconds(measured + kGone - now) / to_seconds(kGone - kFresh);
  return std::clamp(left, 0.0, 1.0);
}

}  // namespace pinion::balance
