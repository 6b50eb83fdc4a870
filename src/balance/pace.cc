#include "balance/pace.h"

#include <algorithm>

namespace pinion::balance {

bool Pace::take(TimePoint now, std::uint32_t rate) noexcept {
  rate = in_force(now, rate);
  if (rate == 0) return true;
  // A second and the slack hold `rate` distances: so many pass in no second, whatever is made up
  // for. Rounded up, lest they add up to less.
  constexpr std::int64_t kSecond = Duration{std::chrono::seconds{1}}.count();
  const std::int64_t distance = (kSecond + kSlack.count() + rate - 1) / rate;
  std::int64_t due = due_ns_.load(std::memory_order_relaxed);
  do {
    if (!is_due(due, now)) return false;
  } while (!due_ns_.compare_exchange_weak(
      due, std::max(due, now.time_since_epoch().count()) + distance, std::memory_order_relaxed));
  return true;
}

}  // namespace pinion::balance
