#include "balance/load_reading.h"

#include <algorithm>

namespace pinion::balance {

namespace {

constexpr Duration kFresh = std::chrono::seconds{5};
constexpr Duration kGone = std::chrono::seconds{10};

}  // namespace

double freshness(TimePoint measured, TimePoint now) noexcept {
  if (measured == TimePoint{}) return 0;
  const double left = to_seconds(measured + kGone - now) / to_seconds(kGone - kFresh);
  return std::clamp(left, 0.0, 1.0);
}

double predicted_busy(const LoadReading& reading, std::uint64_t sessions,
                      std::uint64_t queued) noexcept {
  const double unseen = static_cast<double>(sessions) - reading.rates.sessions;
  const double work = reading.rates.work() + unseen * reading.session_work +
                      static_cast<double>(queued) * reading.work_per_queued_byte;
  return std::max(work, 0.0) * reading.cost;
}

}  // namespace pinion::balance
