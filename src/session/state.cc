#include "session/state.h"

namespace pinion::session {
namespace {

// A text of some words a second is read as it comes.
constexpr float kStreamingFrames = 4;  // a second
// Since something of a message has passed.
constexpr Duration kIdleAfter = std::chrono::seconds{10};

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
  if (now - session.last_moved >= kIdleAfter && !session.mid_message) return State::idle;
  Rates rates = session.rates;
  rates.decay(now - session.last_seen);
  return rates.frames_out >= kStreamingFrames ? State::streaming : State::active;
}

}  // namespace pinion::session
