// Why a session or a connection ended, and which side it came from. Each reason is a counter
// (`pinion_closes_total{reason,side}`) and a word in logs and in the admin endpoint.
//
// Threads: constant data and pure functions.
#pragma once

#include <cstddef>
#include <string_view>

namespace pinion::metrics {

/// Whose doing it was that something ended, or whose not doing.
enum class Side : unsigned char {
  none,
  client,   // it left, fell silent, did not read, or sent what was refused
  backend,  // likewise
  proxy,    // pinion: a limit of its own, its end, or an admin's wish
};

enum class CloseReason : unsigned char {
  client_closed,   // FIN or close frame from the client
  client_reset,    // RST from the client
  client_timeout,  // no head, no body or no progress in time
  client_error,    // its bytes were refused
  backend_closed,
  backend_reset,
  backend_unreachable,
  backend_timeout,
  backend_error,           // its bytes were refused
  unknown_session,         // the backend says that it does not have it
  client_engineio_close,   // an Engine.IO close packet in a POST
  backend_engineio_close,  // one in the answer to a poll
  expired,                 // no sign of life for pingInterval + pingTimeout
  evicted,                 // the table of pins was full
  admin,                   // DELETE session
  moved,                   // its backend drains, or has more than its share
  shutdown,
  over_budget,    // slowest reader while buffered_total was exceeded
  slow_consumer,  // took nothing of what waited for it for [pool.slow_consumer].after
  completed,      // a plain connection that ended in the ordinary way
  count_
};
inline constexpr std::size_t kCloseReasons = static_cast<std::size_t>(CloseReason::count_);

struct CloseInfo {
  CloseReason reason;
  std::string_view word;
  Side side;
};

/// In the order of the enum.
inline constexpr CloseInfo kCloseTable[] = {
    {CloseReason::client_closed, "client_closed", Side::client},
    {CloseReason::client_reset, "client_reset", Side::client},
    {CloseReason::client_timeout, "client_timeout", Side::client},
    {CloseReason::client_error, "client_error", Side::client},
    {CloseReason::backend_closed, "backend_closed", Side::backend},
    {CloseReason::backend_reset, "backend_reset", Side::backend},
    {CloseReason::backend_unreachable, "backend_unreachable", Side::backend},
    {CloseReason::backend_timeout, "backend_timeout", Side::backend},
    {CloseReason::backend_error, "backend_error", Side::backend},
    {CloseReason::unknown_session, "unknown_session", Side::backend},
    {CloseReason::client_engineio_close, "engineio_close", Side::client},
    {CloseReason::backend_engineio_close, "engineio_close", Side::backend},
    {CloseReason::expired, "expired", Side::client},
    {CloseReason::evicted, "evicted", Side::proxy},
    {CloseReason::admin, "admin", Side::proxy},
    {CloseReason::moved, "moved", Side::proxy},
    {CloseReason::shutdown, "shutdown", Side::proxy},
    {CloseReason::over_budget, "over_budget", Side::proxy},
    {CloseReason::slow_consumer, "slow_consumer", Side::client},
    {CloseReason::completed, "completed", Side::client},
};
consteval bool close_table_is_in_order() {
  std::size_t at = 0;
  for (const CloseInfo& row : kCloseTable) {
    if (static_cast<std::size_t>(row.reason) != at++) return false;
  }
  return at == kCloseReasons;
}
static_assert(close_table_is_in_order());

/// The word alone does not always say the side: Engine.IO's close packet may come from either.
constexpr std::string_view to_string(CloseReason reason) noexcept {
  return kCloseTable[static_cast<std::size_t>(reason)].word;
}

constexpr Side side_of(CloseReason reason) noexcept {
  return kCloseTable[static_cast<std::size_t>(reason)].side;
}

/// Empty for none.
constexpr std::string_view to_string(Side side) noexcept {
  constexpr std::string_view kNames[] = {"", "client", "backend", "proxy"};
  return kNames[static_cast<std::size_t>(side)];
}

/// Whether the client lost its session by the backend's or pinion's doing, so that it will be back.
/// One that was told to go, or did not read, is not expected.
constexpr bool is_loss(CloseReason reason) noexcept {
  const Side side = side_of(reason);
  return (side == Side::backend || side == Side::proxy) && reason != CloseReason::over_budget &&
         reason != CloseReason::backend_engineio_close;
}

}  // namespace pinion::metrics
