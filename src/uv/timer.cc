#include "uv/timer.h"

#include "base/check.h"

namespace pinion::uv {

Timer::Timer(Loop& loop, Handler& handler) : handle_(new uv_timer_t) {
  PINION_CHECK(uv_timer_init(loop.raw(), handle_.get()) == 0, "a timer can be made");
  handle_->data = &handler;
}

void Timer::start(Duration first, Duration period) noexcept {
  const auto on_timer = [](uv_timer_t* timer) {
    if (timer->data != nullptr) static_cast<Handler*>(timer->data)->on_tick();
  };
  uv_timer_start(handle_.get(), on_timer, static_cast<std::uint64_t>(to_ms(first)),
                 static_cast<std::uint64_t>(to_ms(period)));
}

void Timer::stop() noexcept { uv_timer_stop(handle_.get()); }

}  // namespace pinion::uv
