// Sessions for the tests of the table, made in a line each.
//
// Threads: pure functions.
#pragma once

#include <random>
#include <string>

#include "session/session.h"
#include "support/start.h"

namespace pinion::session::test {

using namespace std::chrono_literals;

using pinion::test::kStart;

inline std::uint32_t below(std::uint32_t bound, std::mt19937& random) {
  return static_cast<std::uint32_t>(random() % bound);
}

inline Session polling(const std::string& sid, TimePoint now = kStart, Duration time_to_live = 45s,
                       BackendId backend = 0) {
  return {{.client = "192.0.2.1",
           .backend = backend,
           .opened = now,
           .last_seen = now,
           .time_to_live = time_to_live},
          sid};
}

inline Session websocket(const std::string& sid, TimePoint now = kStart,
                         Duration time_to_live = 45s, BackendId backend = 0) {
  Session session = polling(sid, now, time_to_live, backend);
  session.transport = Transport::websocket;
  session.has_tunnel = true;
  return session;
}

}  // namespace pinion::session::test
