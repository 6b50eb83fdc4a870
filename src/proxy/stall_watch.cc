#include "proxy/stall_watch.h"

#include <algorithm>

#include "uv/tcp_info.h"

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
      position_(position()) {
  wheel_.arm(*this, now + step());
}

std::uint64_t StallWatch::position() const noexcept {
  return uv::bytes_acknowledged(stream_.descriptor()).value_or(stream_.taken());
}

Duration StallWatch::step() const noexcept {
  return after_ == Duration::zero() ? kLookEvery : std::min(kLookEvery, after_ / 4);
}

Duration StallWatch::stalled_after() const noexcept {
  return after_ == Duration::zero() ? kStalledAfter : std::min(kStalledAfter, after_ / 2);
}

void StallWatch::on_timer(TimePoint now) noexcept {
  const std::uint64_t position = this->position();
  if (position != position_) {
    position_ = position;
    since_ = now;
  }
  stalled_ = now - since_ >= stalled_after();
  if (after_ != Duration::zero() && now - since_ >= after_) return owner_.on_slow_consumer();
  wheel_.arm(*this, now + step());
  owner_.on_waiting();
}

}  // namespace pinion::proxy
