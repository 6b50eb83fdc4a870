#include "balance/thresholds.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "backends.h"
#include "balance/assigner.h"
#include "support/start.h"

namespace pinion::balance {
namespace {

using pinion::test::kStart;
using std::chrono::milliseconds;
using std::chrono::seconds;

}  // namespace

TEST_CASE("without limits every backend is calm") {
  LevelKeeper keeper;
  const Readings much{.sessions = 1'000'000,
                      .loop_delay = seconds{10},
                      .busy_share = 1.0,
                      .queued_bytes = 1'000'000'000,
                      .inflight = 1'000'000};
  CHECK(keeper.update(much, {}, kStart) == Standing{});
}

TEST_CASE("each limit makes it busy by itself, and says so") {
  const config::LevelLimits limits{.sessions = 10,
                                   .loop_delay = milliseconds{100},
                                   .busy_share = 70,
                                   .queued_bytes = 4096,
                                   .inflight = 20};
  const struct {
    Readings readings;
    Limit by = Limit::none;
  } cases[] = {
      {{.sessions = 10}, Limit::sessions},
      {{.loop_delay = milliseconds{100}}, Limit::loop_delay},
      {{.busy_share = 0.7}, Limit::busy_share},
      {{.queued_bytes = 4096}, Limit::queued_bytes},
      {{.inflight = 20}, Limit::inflight},
  };
  const Readings below{.sessions = 9,
                       .loop_delay = milliseconds{99},
                       .busy_share = 0.69,
                       .queued_bytes = 4095,
                       .inflight = 19};
  for (const auto& each : cases) {
    LevelKeeper keeper;
    CAPTURE(to_string(each.by));
    CHECK(keeper.update(below, {.busy = limits, .full = {}}, kStart) == Standing{});
    CHECK(keeper.update(each.readings, {.busy = limits, .full = {}}, kStart) ==
          Standing{Level::busy, each.by});
    LevelKeeper other;
    CHECK(other.update(each.readings, {.busy = {}, .full = limits}, kStart) ==
          Standing{Level::full, each.by});
  }
}

TEST_CASE("full goes before busy, and each is left at 80 % of its own limit") {
  const config::Thresholds thresholds{.busy = {.sessions = 50}, .full = {.sessions = 100}};
  LevelKeeper keeper;
  const auto level = [&](std::uint64_t sessions, Duration after) {
    return keeper.update({.sessions = sessions}, thresholds, kStart + after).level;
  };
  CHECK(level(60, seconds{0}) == Level::busy);
  CHECK(level(100, seconds{1}) == Level::full);
  CHECK(level(81, seconds{2}) == Level::full);
  CHECK(level(80, seconds{10}) == Level::full);
  CHECK(level(80, seconds{12}) == Level::busy);
  CHECK(level(41, seconds{13}) == Level::busy);
  CHECK(level(40, seconds{20}) == Level::busy);
  CHECK(level(40, seconds{22}) == Level::calm);
}

TEST_CASE("a busy backend gets sessions only when no calm one has room, a full one none") {
  for (const auto balance : {config::Balance::least_load, config::Balance::least_sessions,
                             config::Balance::round_robin, config::Balance::random_two}) {
    test::Backends b;
    b.add();
    b.add();
    b.add(1, 3);
    b[0].set_standing({Level::full, Limit::inflight});
    b[1].set_standing({Level::busy, Limit::busy_share});
    SharedTurns turns;
    turns.grow(1);
    Assigner assigner(turns, 1);
    const BackendSet set = b.set(balance);
    std::vector<Reservation> held;
    held.reserve(5);
    for (int i = 0; i < 5; ++i)
      held.push_back(assigner.assign_session(set, {}, kStart).reservation);
    CHECK(b[0].assigned().total() == 0);
    CHECK(b[1].assigned().total() == 2);
    CHECK(b[2].assigned().total() == 3);
    b[1].set_standing({Level::full, Limit::busy_share});
    CHECK(assigner.assign_session(set, {}, kStart).refusal == Assigner::Refusal::all_full);
    CHECK(b[1].level_changes() == 2);
  }
}

TEST_CASE("a limit of sessions holds at the moment of reserving, the lower of both") {
  test::Backends b;
  Backend& backend = b.add(1, 5);
  const auto room = [&] {
    std::vector<Reservation> held;
    while (Reservation next = test::reserve(backend)) held.push_back(std::move(next));
    return held.size();
  };
  CHECK(room() == 5);
  backend.limit_sessions(3);
  CHECK(room() == 3);
  backend.limit_sessions(9);
  CHECK(room() == 5);
  backend.limit_sessions(0);
  CHECK(room() == 5);
  backend.set_standing({Level::full, Limit::inflight});
  CHECK(room() == 0);
}

}  // namespace pinion::balance
