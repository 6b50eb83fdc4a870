// What a session is doing, told from what is known of it: nothing is kept for this.
//
// Threads: pure functions.
#pragma once

#include <string_view>

#include "session/session.h"

namespace pinion::session {

enum class State : unsigned char {
  handshaking,  // its client has its sid and has yet to join, as it does by itself from protocol 4
                // on
  active,
  streaming,  // its backend sends and sends
  idle,       // moves nothing but its pings, for 10 seconds now
  limited,    // is not read for a while, since its client sends more than [pool.event_rate]
  stalled,    // bytes wait for its client, which takes none
  closing,    // its WebSocket is being closed, by whomever
};

std::string_view to_string(State state) noexcept;

State state_of(const Session& session, TimePoint now) noexcept;

}  // namespace pinion::session
