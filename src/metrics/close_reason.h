// Why a session or a connection ended, and which side began it. Each reason is a counter
// (`pinion_closes_total{reason}`) and a word in logs and in the admin endpoint.
#pragma once

#include <cstddef>
#include <string_view>

namespace pinion::metrics {

enum class CloseReason : unsigned char {
  client_closed,   // FIN or close frame from the client
  client_reset,    // RST from the client
  client_timeout,  // no head, no body or no progress in time
  client_error,    // its bytes were refused
  backend_closed,
  backend_reset,
  backend_unreachable,
  backend_timeout,
  backend_error,    // its bytes were refused
  unknown_session,  // the backend says that it does not have it
  engineio_close,   // an Engine.IO close packet
  expired,          // no sign of life for pingInterval + pingTimeout
  evicted,          // the table of pins was full
  admin,            // DELETE session
  shutdown,
  over_budget,  // slowest reader while buffered_total was exceeded
  completed,    // a plain connection that ended in the ordinary way
  count_
};
inline constexpr std::size_t kCloseReasons = static_cast<std::size_t>(CloseReason::count_);

constexpr std::string_view to_string(CloseReason reason) noexcept {
  constexpr std::string_view kNames[] = {"client_closed",
                                         "client_reset",
                                         "client_timeout",
                                         "client_error",
                                         "backend_closed",
                                         "backend_reset",
                                         "backend_unreachable",
                                         "backend_timeout",
                                         "backend_error",
                                         "unknown_session",
                                         "engineio_close",
                                         "expired",
                                         "evicted",
                                         "admin",
                                         "shutdown",
                                         "over_budget",
                                         "completed"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kCloseReasons);
  return kNames[static_cast<std::size_t>(reason)];
}

}  // namespace pinion::metrics
