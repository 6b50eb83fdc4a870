#include "proxy/event_gate.h"

#include <algorithm>

#include "uv/loop.h"

namespace pinion::proxy {
namespace {

// A frame of an event is hardly shorter: 6 bytes of header and a name in quotes.
constexpr double kShortFrame = 16;  // bytes
constexpr double kLeastRead = 64;   // bytes

}  // namespace

bool EventGate::take(std::uint64_t frames, std::uint64_t bytes, TimePoint now) noexcept {
  meter_.take(rate_, frames, bytes, now);
  const Duration wait = meter_.wait(rate_, now);
  if (wait == Duration::zero()) return false;
  wheel_.arm(*this, now + wait);
  return true;
}

std::size_t EventGate::read_room(std::uint64_t paid, TimePoint now) const noexcept {
  constexpr auto kMost = static_cast<double>(uv::kScratchBytes);
  const double frames = meter_.frames_left(rate_, kMost / kShortFrame, now);
  const double more = kShortFrame * frames + std::min(static_cast<double>(paid), kMost);
  const double room = std::min({more, meter_.bytes_left(rate_, kMost, now), kMost});
  return static_cast<std::size_t>(std::max(kLeastRead, room));
}

void EventGate::on_timer(TimePoint /*now*/) noexcept { owner_.on_gate_open(); }

}  // namespace pinion::proxy
