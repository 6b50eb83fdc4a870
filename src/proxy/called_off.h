// What tells a backend that an upgrade is off whose client has gone before its probe: a packet that
// is no probe. python-engineio (4.3 and later) takes one whose connection only breaks there for one
// that is still under way, and answers the session's polls with nothing but NOOP until its ping
// timeout.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace pinion::proxy {

/// A frame with a NOOP (engine.io-protocol v3 and v4, `6`).
/// @param mask_key as of websocket::append_client_frame()
std::string calls_upgrade_off(std::uint32_t mask_key);

}  // namespace pinion::proxy
