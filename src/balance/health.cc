#include "balance/health.h"

#include <algorithm>

namespace pinion::balance {

bool Health::connect_failed(TimePoint now) noexcept {
  std::uint32_t before = failures_.load(std::memory_order_acquire);
  // Many sessions fail at once when a backend dies; that is one failure, not many.
  if (before != 0 && now < retry_at()) return false;
  const Duration backoff = std::min(kFirstRetry * (1 << std::min(before, 10U)), kLongestRetry);
  // Told before the count, so that whoever sees the failure counted sees its retry too.
  retry_at_ns_.store((now + backoff).time_since_epoch().count(), std::memory_order_relaxed);
  return failures_.compare_exchange_strong(before, before + 1, std::memory_order_release,
                                           std::memory_order_relaxed) &&
         before == 0;
}

bool Health::connected() noexcept {
  if (up()) return false;
  refused_.store(false, std::memory_order_relaxed);
  return failures_.exchange(0, std::memory_order_relaxed) != 0;
}

TimePoint Health::retry_at() const noexcept {
  return TimePoint{Duration{retry_at_ns_.load(std::memory_order_relaxed)}};
}

}  // namespace pinion::balance
