#include "balance/load_keeper.h"

#include <doctest/doctest.h>

#include "balance/explain.h"
#include "watched.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using test::Watched;

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

TEST_CASE("requests tell of a backend's load beside its probes, and it says how much") {
  Watched pool(1);
  pool.live_with_requests(60s);
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

TEST_CASE("sessions begin where fewer bytes wait for a backend that does not read") {
  Watched pool(2);
  for (std::size_t i = 0; i < 2; ++i) pool.add_sessions(i, 20);
  const Watched::Life life{.frames_a_tick = 20, .busy = 0.4, .bytes_in_a_tick = 2000};
  pool.live(60s, {life, life});
  // As much as comes in some seconds.
  pool.backends[0].queue_changed(50'000, 0);
  pool.live(250ms, {life, life});
  for (int i = 0; i < 3; ++i) CHECK(pool.place() == &pool.backends[1]);
  pool.backends[0].queue_changed(-50'000, 0);
  // Those that wait for clients say nothing of it.
  pool.backends[1].queue_changed(0, 50'000);
  pool.live(2s, {life, life});
  CHECK(pool.place() == &pool.backends[0]);
}

}  // namespace pinion::balance
