#include "proxy/stall_watch.h"

#include <algorithm>

#include "proxy/progress.h"

namespace pinion::proxy {
namespace {

constexpr Duration kLookEvery = std::chrono::seconds{1};
constexpr Duration kStalledAfter = std::chrono::seconds{2};

Duration step(Duration longest) noexcept {
  return longest == Duration::zero() ? kLookEvery : std::min(kLookEvery, longest / 4);
}

Duration stalled_after(Duration longest) noexcept {
  return longest == Duration::zero() ? kStalledAfter : std::min(kStalledAfter, longest / 2);
}

}  // namespace

StallWatch::StallWatch(TimerWheel& wheel, const uv::Stream& stream, TimePoint now,
                       Owner& owner) noexcept
    : wheel_(wheel), stream_(stream), owner_(owner), since_(now), position_(progress_of(stream)) {
  wheel_.arm(*this, now + step(owner.longest_stall()));
}

Duration StallWatch::standstill(TimePoint now) noexcept {
  if (progressed(stream_, position_)) since_ = now;
  return now - since_;
}

void StallWatch::on_timer(TimePoint now) noexcept {
  const Duration still = standstill(now);
  const Duration longest = owner_.longest_stall();
  stalled_ = still >= stalled_after(longest);
  if (longest != Duration::zero() && still >= longest) return owner_.on_slow_consumer();
  wheel_.arm(*this, now + step(longest));
  owner_.on_waiting();
}

double burden_of(std::size_t bytes, StallWatch* watch, TimePoint now) noexcept {
  const double still = watch == nullptr ? 0.0 : to_seconds(watch->standstill(now));
  return static_cast<double>(bytes) * (1 + still);
}

}  // namespace pinion::proxy
