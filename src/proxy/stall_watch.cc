#include "proxy/stall_watch.h"

#include <algorithm>

#include "proxy/progress.h"

namespace pinion::proxy {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds{1};
constexpr Duration kStalledAfter = std::chrono::seconds{2};

}  // namespace

StallWatch::StallWatch(TimerWheel& wheel, const uv::Stream& stream, Duration after, TimePoint now,
                       Owner& owner) noexcept
    : wheel_(wheel),
      stream_(stream),
      owner_(owner),
      after_(after),
      since_(now),
      position_(progress_of(stream)) {
  wheel_.arm(*this, now + step());
}

Duration StallWatch::step() const noexcept {
  return after_ == Duration::zero() ? kLookEvery : std::min(kLookEvery, after_ / 4);
}

Duration StallWatch::stalled_after() const noexcept {
  return after_ == Duration::zero() ? kStalledAfter : std::min(kStalledAfter, after_ / 2);
}

void StallWatch::on_timer(TimePoint now) noexcept {
  if (progressed(stream_, position_)) since_ = now;
  stalled_ = now - since_ >= stalled_after();
  if (after_ != Duration::zero() && now - since_ >= after_) return owner_.on_slow_consumer();
  wheel_.arm(*this, now + step());
  owner_.on_waiting();
}

}  // namespace pinion::proxy
