// Probes of backends whose kernel takes connects, or lets them hang.
#include <doctest/doctest.h>

#include "probed.h"
#include "proxy/peer.h"

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using balance::ProbeResult;
using test::Probed;

}  // namespace

TEST_CASE(
    "a backend that lets connects hang goes down after `fall` of them, whatever it is asked") {
  for (const auto kind : {config::HealthKind::websocket, config::HealthKind::engineio}) {
    proxy::test::Backend server;
    const proxy::test::Peer in_the_way = server.fill_backlog();
    Probed w(kind, 200ms);
    const balance::Backend& backend = w.watch(server.address());
    CHECK(w.until([&] { return !backend.health().up(); }));
    CHECK(w.events.seen.size() == 3);
    for (const test::Seen& each : w.events.seen) {
      CHECK(each.result == ProbeResult::connect);
      CHECK(each.status == UV_ETIMEDOUT);
    }
    CHECK(backend.probe_reading().samples == 0);
  }
}

}  // namespace pinion::health
