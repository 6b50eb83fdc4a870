#include "session/state.h"

namespace pinion::session {
namespace {

// A text of some words a second is read as it comes.
constexpr float kStreamingFrames = 4;  // a second
// A ping and its pong are 10 bytes on a WebSocket, 14 when compressed: 2.8 a second at their
// moment.
constexpr float kIdleBytes = 3;  // a second

}  // namespace

std::string_view to_string(State state) noexcept {
  constexpr std::string_view kNames[] = {"handshaking", "active",  "streaming", "idle",
                                         "limited",     "stalled", "closing"};
  return kNames[static_cast<std::size_t>(state)];
}

State state_of(const Session& session, TimePoint now) noexcept {
  if (session.condition == Condition::closing) return State::closing;
  if (session.condition == Condition::stalled) return State::stalled;
  if (session.condition == Condition::limited) return State::limited;
  // Clients of the older protocol are joined by their server, and need not say anything.
  const bool has_to_join = session.dialect.revision >= 4;
  if (session.traffic.bytes_in == 0 && has_to_join) return State::handshaking;
  Rates rates = session.rates;
  rates.decay(now - session.last_seen);
  if (rates.frames_out >= kStreamingFrames) return State::streaming;
  return rates.bytes_in + rates.bytes_out < kIdleBytes ? State::idle : State::active;
}

}  // namespace pinion::session
