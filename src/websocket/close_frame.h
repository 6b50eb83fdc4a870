// Control frames that pinion itself sends (RFC 6455, 5.5.1 and 7.4.1).
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace pinion::websocket {

enum class CloseCode : std::uint16_t {
  normal = 1000,
  going_away = 1001,
  service_restart = 1012,
  try_again_later = 1013
};

/// A close frame for a client (unmasked).
std::string close_frame_to_client(CloseCode code, std::string_view reason);
/// A close frame for a backend (masked, as RFC 6455, 5.3 demands of clients).
std::string close_frame_to_server(CloseCode code, std::string_view reason, std::uint32_t mask_key);

}  // namespace pinion::websocket
