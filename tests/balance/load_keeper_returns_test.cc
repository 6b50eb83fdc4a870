// Backends that join, come back or are others than before.
#include <doctest/doctest.h>

#include "balance/explain.h"
#include "watched.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using config::Balance;
using test::Backends;
using test::Watched;

}  // namespace

TEST_CASE("one that was busy with its own start gets sessions again soon, though it has none") {
  Watched w(3);
  for (std::size_t i = 0; i < 2; ++i) w.add_sessions(i, 30);
  const Watched::Life others{.frames_a_tick = 10, .busy = 0.04};
  // It comes up, and hardly anything passes while it loads and compiles itself.
  w.backends[2].health().connect_failed(w.now);
  w.backends[2].health().answered(w.now);
  w.live(5s, {others, others, {.frames_a_tick = 2, .busy = 0.95}});
  CHECK(w.backends[2].load_reading().learnt_cost == 0);
  w.live(5s, {others, others, {.frames_a_tick = 2, .busy = 0.95}});
  CHECK(w.backends[2].load_reading().cost > 0.02);
  CHECK(w.place() != &w.backends[2]);
  w.live(90s, {others, others, {}});
  CHECK(w.place() == &w.backends[2]);
}

TEST_CASE("what was learnt of a process says nothing of the one that comes up in its place") {
  Watched w(2);
  for (std::size_t i = 0; i < 2; ++i) w.add_sessions(i, 50);
  w.live(60s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.8}});
  CHECK(w.backends[1].load_reading().learnt_cost == doctest::Approx(0.004).epsilon(0.05));
  w.backends[1].health().connect_failed(w.now);
  w.backends[1].health().answered(w.now);
  w.live(250ms, {{.frames_a_tick = 50, .busy = 0.2}, {}});
  CHECK(w.backends[1].load_reading().learnt_cost == 0);
}

TEST_CASE("who joins or comes back ramps up, who was there first does not") {
  Watched w(3);
  w.pass(1s);
  CHECK(explain(w.backends[0], 0, w.now) == "counting: no measurements");
  w.backends.add();
  w.watch();
  CHECK(explain(w.backends[3], 0, w.now) == "ramping 30 s");
  for (std::size_t i = 0; i < 3; ++i) w.add_sessions(i, 1000);
  int taken = 0;
  for (int i = 0; i < 400; ++i) taken += w.place() == &w.backends[3] ? 1 : 0;
  CHECK(taken == 200);
  w.pass(30s);
  CHECK(explain(w.backends[3], 0, w.now) == "counting: no measurements");
  CHECK(w.place() == &w.backends[3]);

  // Also before the keeper has looked.
  w.backends[3].health().connect_failed(w.now);
  CHECK(explain(w.backends[3], 0, w.now) == "down");
  w.backends[3].health().answered(w.now);
  taken = 0;
  for (int i = 0; i < 100; ++i) taken += w.place() == &w.backends[3] ? 1 : 0;
  CHECK(taken == 50);
}

TEST_CASE("who took no sessions ramps up, be it for an operator, its agent or its own failures") {
  for (const std::string_view by : {"operator", "agent", "failures"}) {
    CAPTURE(by);
    Watched w(4);
    w.pass(1s);
    for (std::size_t i = 0; i < 3; ++i) w.add_sessions(i, 1000);
    Backend& one = w.backends[3];
    const auto take = [&](bool sessions) {
      if (by == "operator") (void)one.set_draining(!sessions);
      if (by == "agent") {
        one.agent().take({.admin = sessions ? AdminState::ready : AdminState::drain});
      }
      if (by == "failures") (void)one.health().handshake_answered(!sessions, w.now);
    };
    take(false);
    w.pass(60s);
    CHECK((by == "failures" || w.place() != &one));
    take(true);
    int taken = 0;
    for (int i = 0; i < 100; ++i) taken += w.place() == &one ? 1 : 0;
    CHECK(taken == 50);
    w.pass(31s);
    CHECK(w.place() == &one);
  }
}

TEST_CASE("one that ramps up gets no more when all others are busy but have room") {
  Watched w(10);
  w.pass(1s);
  for (std::size_t i = 0; i < 10; ++i) w.backends[i].set_standing({.level = Level::busy});
  w.backends.add();
  w.watch();
  int taken = 0;
  for (int i = 0; i < 110; ++i) taken += w.place() == &w.backends[10] ? 1 : 0;
  CHECK(taken == 20);
}

TEST_CASE("a shorter ramp holds for those who ramp up already, a longer one does not") {
  Watched w(2);
  w.pass(1s);
  w.backends.add();
  w.watch();
  CHECK(explain(w.backends[2], 0, w.now) == "ramping 30 s");
  std::vector<config::Pool> pools(1);
  for (const auto& [ramp, why] : {std::pair(60s, "ramping 30 s"), std::pair(10s, "ramping 10 s"),
                                  std::pair(0s, "counting: no measurements")}) {
    pools[0].ramp = ramp;
    w.keeper.set_rules(pools);
    w.watch();
    w.keeper.tick(w.now);
    CHECK(explain(w.backends[2], 0, w.now) == why);
  }
}

TEST_CASE("another one who probes and counts anew takes nothing of what was learnt") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.6}});
  ProbeReading anew = w.backends[1].probe_reading();
  anew.tally = {};
  w.backends[1].set_probe_reading(anew);
  w.live(5s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.6}});
  CHECK(w.backends[1].load_reading().learnt_cost == doctest::Approx(0.003).epsilon(0.05));
  CHECK(w.place() == &w.backends[0]);
}

TEST_CASE("another config: other rules, and a pool whose backends are all new") {
  Watched w(2);
  std::vector<config::Pool> pools(2);
  pools[0].hot = pools[1].hot = 50ms;
  pools[1].ramp = 30s;
  Backends second;
  second.add();
  second.add();
  w.keeper.set_rules(pools);
  w.backends.add();
  w.keeper.watch({w.set(), std::make_shared<const BackendSet>(second.set(Balance::least_load))},
                 w.now);
  CHECK(explain(w.backends[2], 0, w.now) == "counting: no measurements");
  CHECK(explain(second[0], 0, w.now) == "counting: no measurements");
  w.pass(1s);
  second.add();
  w.keeper.watch({w.set(), std::make_shared<const BackendSet>(second.set(Balance::least_load))},
                 w.now);
  CHECK(explain(second[2], 0, w.now) == "ramping 30 s");
}

TEST_CASE("one that ramps up is taken when no other has room") {
  Watched w(0);
  w.backends.add(1, 1);
  w.watch();
  w.backends.add();
  w.watch();
  for (int i = 0; i < 10; ++i) CHECK(w.place() != nullptr);
  CHECK(w.backends[0].assigned().total() == 1);
  CHECK(w.backends[1].assigned().total() == 9);
  CHECK(explain(w.backends[0], 0, w.now) == "full");
}

TEST_CASE("what requests told of a process says nothing of the one that comes up in its place") {
  Watched pool(1);
  pool.live_with_requests(60s);
  CHECK(pool.backends[0].load_reading().requests_known);
  pool.backends[0].health().connect_failed(pool.now);
  pool.backends[0].health().answered(pool.now);
  pool.live_with_requests(10s);
  CHECK_FALSE(pool.backends[0].load_reading().requests_known);
}

TEST_CASE("what a process has reported says nothing of the one that comes up in its place") {
  Watched w(2);
  const Backend& one = w.backends[0];
  w.backends[0].reported_load().take("TEXT application_utilization=0.95", {.believed = 1min}, 10,
                                     w.now);
  w.pass(1s);
  CHECK(one.reported_load().get(w.now) == 0.95);
  w.backends[0].health().connect_failed(w.now);
  w.pass(250ms);
  CHECK_FALSE(one.reported_load().get(w.now));
  // Its probes tell of it before they bring it up.
  w.backends[0].reported_load().take("TEXT application_utilization=0.15", {.believed = 1min}, 0,
                                     w.now);
  w.backends[0].health().answered(w.now);
  w.pass(1s);
  CHECK(one.reported_load().get(w.now) == 0.15);
}

TEST_CASE("nor does what its POSTs took, and after a while that says nothing of anybody") {
  Watched w(2);
  for (std::size_t i = 0; i < 2; ++i) w.backends[i].push_latency().add(30s, w.now);
  const auto took = [&](std::size_t which) {
    return w.backends[which].push_latency().seconds(w.now);
  };
  w.backends[0].health().connect_failed(w.now);
  w.backends[0].health().answered(w.now);
  w.pass(1s);
  CHECK_FALSE(took(0));
  CHECK(took(1) == 30);
  w.backends[0].push_latency().add(1s, w.now);
  CHECK(took(0) == 1);
  w.pass(Latency::kLately);
  CHECK_FALSE(took(1));
  w.backends[1].push_latency().add(10ms, w.now);
  CHECK(took(1) == 0.01);
}

}  // namespace pinion::balance
