#include "base/timer_wheel.h"

#include <algorithm>

namespace pinion {

TimerWheel::TimerWheel(Duration tick, std::size_t slots, TimePoint start)
    : tick_(tick), start_(start), slots_(slots) {}

std::size_t TimerWheel::ticks_until(TimePoint at) const noexcept {
  if (at <= start_) return 0;
  return static_cast<std::size_t>((at - start_ + tick_ - Duration{1}) / tick_);
}

void TimerWheel::arm(WheelTimer& timer, TimePoint deadline) noexcept {
  timer.disarm();
  timer.deadline_ = deadline;
  const std::size_t at = std::max(ticks_until(deadline), current_ + 1);
  slots_[at % slots_.size()].push_back(timer);
}

void TimerWheel::advance(TimePoint now) noexcept {
  if (now < start_) return;
  const auto target = static_cast<std::size_t>((now - start_) / tick_);
  // After a long pause one turn visits every slot; more turns would find nothing new.
  if (target - current_ > slots_.size()) current_ = target - slots_.size();
  while (current_ < target) {
    ++current_;
    Slot due;
    Slot& slot = slots_[current_ % slots_.size()];
    due.splice_back(slot);
    while (WheelTimer* timer = due.pop_front()) {
      if (timer->deadline_ <= now) {
        timer->on_timer(now);
      } else {
        slot.push_back(*timer);
      }
    }
  }
}

}  // namespace pinion
