// The books that sessions are kept in, with some backends: what the ledger, holds and watches need.
//
// Threads: as what it holds.
#pragma once

#include <doctest/doctest.h>

#include <string>
#include <vector>

#include "proxy/session_ledger.h"
#include "support/start.h"

namespace pinion::proxy::test {

using namespace std::chrono_literals;

using pinion::test::kStart;

struct Books {
  explicit Books(std::size_t backend_count = 1, std::size_t capacity = 1000)
      : ledger(registry, {.pins = capacity, .affinity_ids = capacity}, log) {
    for (std::size_t i = 0; i < backend_count; ++i) {
      backends.push_back(registry.find_or_add(
          {.pool_name = "chat",
           .name = "b" + std::to_string(i),
           .address = *SocketAddress::from_ip("127.0.0.1", static_cast<std::uint16_t>(4000 + i))}));
    }
  }
  [[nodiscard]] balance::Reservation reserve(std::size_t backend = 0) const {
    REQUIRE(backends[backend]->try_reserve(backends[backend]->assigned()));
    return balance::Reservation(*backends[backend]);
  }
  std::uint64_t open(const std::string& sid, std::size_t backend = 0, bool websocket = false,
                     TimePoint now = kStart) {
    auto reservation = reserve(backend);
    return ledger.open(reservation, {{.client = "192.0.2.7",
                                      .opened = now,
                                      .last_seen = now,
                                      .time_to_live = 45s,
                                      .transport = websocket ? session::Transport::websocket
                                                             : session::Transport::polling,
                                      .has_tunnel = websocket},
                                     sid});
  }
  /// Nothing is counted any more.
  void check_empty() const {
    CHECK(ledger.table().size() == 0);
    for (const balance::Backend* backend : backends) {
      CHECK(backend->assigned().total() == 0);
      CHECK(backend->websockets() == 0);
      CHECK(backend->inflight() == 0);
    }
  }

  log::Logger log{{.fd = -1}};
  balance::Registry registry;
  SessionLedger ledger;
  std::vector<balance::Backend*> backends;
};

}  // namespace pinion::proxy::test
