// What one connection too many hears, wherever it is found out.
//
// Threads: values.
#pragma once

#include "balance/policy.h"
#include "http/reply.h"

namespace pinion::proxy {

/// @param random spreads the times at which they come again
inline http::Reply too_many_connections(balance::Random& random) {
  return {.status = 503,
          .code = "too-many-connections",
          .message = "This proxy has all the connections it may have; try again.",
          .retry_after = static_cast<std::uint32_t>(1 + random() % 5)};
}

}  // namespace pinion::proxy
