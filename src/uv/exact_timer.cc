#include "uv/exact_timer.h"

#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>

#include "base/check.h"

namespace pinion::uv {

namespace {

OwnedFd make_timer() {
  const int fd = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  PINION_CHECK(fd >= 0, "a timer can be made");
  return OwnedFd(fd);
}

void set(int fd, std::int64_t at_ns) noexcept {
  constexpr std::int64_t kSecond = 1'000'000'000;
  itimerspec spec{};
  spec.it_value.tv_sec = at_ns / kSecond;
  spec.it_value.tv_nsec = at_ns % kSecond;
  (void)::timerfd_settime(fd, TFD_TIMER_ABSTIME, &spec, nullptr);
}

}  // namespace

ExactTimer::ExactTimer(Loop& loop, Timer::Handler& handler)
    : handler_(handler), fd_(loop, make_timer(), *static_cast<PollFd::Handler*>(this)) {
  fd_.watch(UV_READABLE);
}

void ExactTimer::start(TimePoint at) noexcept {
  // Zero would stop it.
  set(fd_.descriptor(), std::max<std::int64_t>(at.time_since_epoch().count(), 1));
}

void ExactTimer::stop() noexcept { set(fd_.descriptor(), 0); }

void ExactTimer::on_ready(int /*events*/) noexcept {
  std::uint64_t fired = 0;
  // Set anew or stopped meanwhile, it has nothing to tell.
  if (::read(fd_.descriptor(), &fired, sizeof(fired)) == sizeof(fired)) handler_.on_tick();
}

}  // namespace pinion::uv
