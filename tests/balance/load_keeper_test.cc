#include "balance/load_keeper.h"

#include <doctest/doctest.h>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/explain.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using config::Balance;
using test::Backends;

// A pool that is sampled as in the server, four times a second.
struct Watched {
  Backends backends;
  LoadKeeper keeper{std::vector<LoadKeeper::Rules>{{.ramp = 30s, .hot = 50ms}}};
  SharedTurns turns;
  Assigner assigner{turns, 1};
  TimePoint now = TimePoint{} + 1h;

  explicit Watched(int count) {
    turns.grow(1);
    for (int i = 0; i < count; ++i) backends.add();
    watch();
  }
  void watch() { keeper.watch({set()}, now); }
  std::shared_ptr<const BackendSet> set() const {
    return std::make_shared<const BackendSet>(backends.set(Balance::least_load));
  }
  void probe(std::size_t which, double busy, Duration wait = {}) const {
    test::probe(backends[which], busy, now, wait);
  }
  // For so long, each backend has that much work and is that busy.
  struct Life {
    std::uint64_t frames_a_tick = 0;
    double busy = 0;
  };
  void live(Duration time, const std::vector<Life>& lives) {
    for (const TimePoint end = now + time; now < end;) {
      now += LoadKeeper::kEvery;
      for (std::size_t i = 0; i < lives.size(); ++i) {
        backends[i].traffic().add({.frames_out = lives[i].frames_a_tick});
        probe(i, lives[i].busy);
      }
      keeper.tick(now);
    }
  }
  void pass(Duration time) {
    for (const TimePoint end = now + time; now < end;) {
      now += LoadKeeper::kEvery;
      keeper.tick(now);
    }
  }
  void add_sessions(std::size_t which, int count) const {
    for (int i = 0; i < count; ++i) test::reserve(backends[which]).confirm(true);
  }
  Backend* place() { return assigner.assign_session(*set(), {}, now).reservation.confirm(true); }
};

}  // namespace

TEST_CASE("the one that is slower gets fewer sessions, though all have as many") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.6}});
  CHECK(w.backends[0].load_reading().learnt_cost == doctest::Approx(0.001).epsilon(0.05));
  CHECK(w.backends[1].load_reading().learnt_cost == doctest::Approx(0.003).epsilon(0.05));
  CHECK(*load_of(w.backends[0], w.now) == doctest::Approx(0.2).epsilon(0.1));
  for (int i = 0; i < 20; ++i) CHECK(w.place() == &w.backends[0]);
  CHECK(explain(w.backends[0], 0, w.now) == "measured");
}

TEST_CASE("a burst counts before its work is seen") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.4}, {.frames_a_tick = 50, .busy = 0.4}});
  std::vector<int> got(2, 0);
  for (int i = 0; i < 100; ++i) ++got[w.place()->id()];
  CHECK(got[0] >= 45);
  CHECK(got[0] <= 55);
}

TEST_CASE("an idle pool is counted, whatever its probes say") {
  Watched w(2);
  w.add_sessions(1, 1);
  w.live(30s, {{.frames_a_tick = 0, .busy = 0.03}, {.frames_a_tick = 0, .busy = 0.0}});
  CHECK(w.place() == &w.backends[0]);
}

TEST_CASE("stale measurements fade to counting") {
  Watched w(2);
  w.add_sessions(0, 60);
  w.add_sessions(1, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.6}});
  CHECK(w.place() == &w.backends[0]);
  w.pass(7s);
  CHECK(explain(w.backends[0], 0, w.now).starts_with("measured, trusted to"));
  w.pass(4s);
  CHECK(explain(w.backends[0], 0, w.now) == "counting: no measurements");
  CHECK_FALSE(load_of(w.backends[0], w.now));
  CHECK(w.place() == &w.backends[1]);
}

TEST_CASE("a keeper that stands still is not believed either") {
  Watched w(2);
  w.add_sessions(0, 60);
  w.add_sessions(1, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.6}});
  w.now += 11s;
  CHECK(w.place() == &w.backends[1]);
}

TEST_CASE("a hot backend is taken only when all are, then the one that waits least") {
  Watched w(2);
  w.add_sessions(1, 50);
  w.probe(0, 0.1, 60ms);
  w.probe(1, 0.1, 1ms);
  w.pass(250ms);
  CHECK(w.place() == &w.backends[1]);
  CHECK(explain(w.backends[0], 0, w.now) == "hot: probes wait 60 ms");
  w.probe(1, 0.1, 300ms);
  w.pass(250ms);
  CHECK(w.place() == &w.backends[0]);
}

TEST_CASE("a loop that stands still is hot before it has answered") {
  Watched w(2);
  w.add_sessions(1, 50);
  w.probe(0, 0.1, 1ms);
  w.probe(1, 0.1, 1ms);
  w.backends[0].set_probe_out(w.now);
  w.pass(250ms);
  CHECK(w.place() == &w.backends[1]);
  CHECK(explain(w.backends[0], 0, w.now) == "hot: probes wait 249 ms");
  w.backends[0].set_probe_out({});
  w.pass(250ms);
  CHECK(w.place() == &w.backends[0]);
}

TEST_CASE("a loop that stands still for longer than measurements are believed stays hot") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.add_sessions(1, 60);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.2}});
  w.backends[0].set_probe_out(w.now);
  const auto stand_still = [&](Duration time) {
    for (const TimePoint end = w.now + time; w.now < end;) {
      w.probe(1, 0.2);
      w.pass(LoadKeeper::kEvery);
      CHECK(w.place() == &w.backends[1]);
    }
  };
  stand_still(6s);
  const double learnt = w.backends[0].load_reading().learnt_cost;
  stand_still(9s);
  CHECK(explain(w.backends[0], 0, w.now) == "hot: probes wait 14999 ms");
  // There is nothing new to learn from.
  CHECK(w.backends[0].load_reading().learnt_cost == learnt);
}

TEST_CASE("a probe that is out says nothing where nothing is known of how long it takes") {
  Watched w(2);
  w.add_sessions(1, 50);
  w.backends[0].set_probe_out(w.now);
  w.pass(250ms);
  CHECK(w.place() == &w.backends[0]);
}

TEST_CASE("one that cannot keep up is avoided, though no more comes out of it than before") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(60s, {{.frames_a_tick = 100, .busy = 0.8}, {.frames_a_tick = 100, .busy = 0.8}});
  // As much comes out of both, but one of them is never idle.
  w.live(8s, {{.frames_a_tick = 100, .busy = 0.8}, {.frames_a_tick = 100, .busy = 1.0}});
  for (int i = 0; i < 3; ++i) CHECK(w.place() == &w.backends[0]);
  CHECK(*load_of(w.backends[1], w.now) > 0.85);
}

TEST_CASE("weights multiply what is learnt") {
  Watched w(0);
  w.backends.add(1);
  w.backends.add(3);
  w.watch();
  w.now += 30s;
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(60s, {{.frames_a_tick = 50, .busy = 0.3}, {.frames_a_tick = 50, .busy = 0.6}});
  CHECK(w.place() == &w.backends[1]);
}

TEST_CASE("one that nobody has measured costs what the others do") {
  Watched w(2);
  w.add_sessions(0, 50);
  w.live(30s, {{.frames_a_tick = 50, .busy = 0.4}});
  CHECK(w.backends[1].load_reading().cost == doctest::Approx(0.002).epsilon(0.05));
  CHECK(w.place() == &w.backends[1]);
}

TEST_CASE("one that is busy without having work for it is not avoided") {
  Watched w(3);
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(60s,
         {{.frames_a_tick = 50, .busy = 0.4}, {.frames_a_tick = 50, .busy = 0.4}, {.busy = 0.2}});
  CHECK(w.place() == &w.backends[2]);
  // A handshake or two, as their keeper sees them.
  w.backends[2].traffic().add({.requests = 4});
  w.live(30s,
         {{.frames_a_tick = 50, .busy = 0.4}, {.frames_a_tick = 50, .busy = 0.4}, {.busy = 0.2}});
  CHECK(w.backends[2].load_reading().cost == doctest::Approx(0.002).epsilon(0.05));
  CHECK(w.place() == &w.backends[2]);
}

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

TEST_CASE("requests tell of a backend's load beside its probes, and it says how much") {
  Watched pool(1);
  const auto live_with_requests = [&](Duration time) {
    for (const TimePoint end = pool.now + time; pool.now < end;) {
      const bool waits = (pool.now - TimePoint{}) / LoadKeeper::kEvery % 2 == 0;
      pool.backends[0].request_samples().add(
          {.kind = SampledRequest::push, .sent = pool.now, .took = 1ms + (waits ? 3ms : 0ms)});
      pool.live(LoadKeeper::kEvery, {{.frames_a_tick = 25, .busy = 0.5}});
    }
  };
  live_with_requests(60s);
  const LoadReading reading = pool.backends[0].load_reading();
  CHECK(reading.requests_known);
  CHECK(reading.request_share == doctest::Approx(0.5).epsilon(0.1));
  CHECK(reading.request_weight > 0);
  CHECK(reading.learnt_cost == doctest::Approx(0.005).epsilon(0.1));
}

TEST_CASE("the time in which bytes wait for a backend is counted") {
  Watched pool(1);
  pool.pass(1s);
  CHECK(pool.backends[0].blocked() == 0s);
  pool.backends[0].queue_changed(1000, 500);
  pool.pass(2s);
  pool.backends[0].queue_changed(-1000, 0);
  pool.pass(3s);
  CHECK(pool.backends[0].blocked() == 2s);
}

}  // namespace pinion::balance
