#include "balance/ramp_gate.h"

#include <doctest/doctest.h>

#include "backends.h"

namespace pinion::balance {
namespace {

// Of `arrivals` that all want that backend. @returns how many it gets
int taken_of(RampGate& gate, int arrivals, double fair) {
  int taken = 0;
  for (int i = 0; i < arrivals; ++i) {
    if (gate.admits(0, 7, fair)) {
      gate.took(7);
      ++taken;
    }
    gate.placed(0);
  }
  return taken;
}

}  // namespace

TEST_CASE("a backend that ramps up gets twice its fair share and no more") {
  RampGate gate;
  CHECK(taken_of(gate, 1, 0.25) == 0);
  CHECK(taken_of(gate, 1, 0.25) == 1);
  for (const int arrivals : {3, 10, 400, 1000}) {
    CAPTURE(arrivals);
    RampGate fresh;
    CHECK(taken_of(fresh, arrivals, 0.25) == arrivals / 2);
  }
}

TEST_CASE("of a pool of two it may get all") {
  RampGate gate;
  CHECK(taken_of(gate, 100, 0.5) == 100);
}

TEST_CASE("what it did not take it cannot take later in one go") {
  RampGate gate;
  CHECK(taken_of(gate, 1, 0.1) == 0);
  for (int i = 0; i < 1000; ++i) {
    (void)gate.admits(0, 7, 0.1);
    gate.placed(0);
  }
  CHECK(taken_of(gate, 10, 0.1) <= 3);
}

TEST_CASE("asking twice for one session gives nothing twice") {
  RampGate gate;
  for (int i = 0; i < 100; ++i) CHECK_FALSE(gate.admits(0, 7, 0.25));
}

TEST_CASE("pools count their own sessions, and a backend that is done starts anew") {
  RampGate gate;
  CHECK_FALSE(gate.admits(0, 7, 0.25));
  for (int i = 0; i < 10; ++i) gate.placed(1);
  CHECK_FALSE(gate.admits(0, 7, 0.25));
  gate.placed(0);
  CHECK(gate.admits(0, 7, 0.25));
  gate.done(7);
  gate.placed(0);
  CHECK_FALSE(gate.admits(0, 7, 0.25));
}

TEST_CASE("a pool holds a backend back that ramps up and could get more than twice its share") {
  const TimePoint now = TimePoint{} + std::chrono::hours{1};
  test::Backends b;
  for (int i = 0; i < 3; ++i) b.add();
  const BackendSet set = b.set(config::Balance::least_load);
  CHECK(RampGate::held_back(set.backends, now).empty());
  b[2].publish_load({.at = now, .ramp_until = now + std::chrono::seconds{30}});
  CHECK(RampGate::held_back(set.backends, now) == std::vector<Backend*>{&b[2]});
  CHECK(RampGate::held_back(set.backends, now + std::chrono::seconds{30}).empty());
  // Of two it may have all.
  b[0].set_draining(true);
  CHECK(RampGate::held_back(set.backends, now).empty());
  b[0].set_draining(false);
  b[2].health().connect_failed(now);
  CHECK(RampGate::held_back(set.backends, now).empty());
}

}  // namespace pinion::balance
