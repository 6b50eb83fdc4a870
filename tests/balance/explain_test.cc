#include "balance/explain.h"

#include <doctest/doctest.h>

#include "backends.h"
#include "balance/assigner.h"

namespace pinion::balance {
namespace {

using namespace test;
using config::Balance;

const TimePoint kSoon = TimePoint{} + std::chrono::hours{1};

}  // namespace

TEST_CASE("a backend that is busy is passed over for a calm one, and says by which limit") {
  Backends backends;
  backends.add();
  backends.add();
  backends[0].set_standing({.level = Level::busy, .by = Limit::loop_delay});
  SharedTurns turns;
  turns.grow(1);
  Assigner assigner(turns, 1);
  const auto assigned = assigner.assign_session(backends.set(Balance::least_load), {}, kSoon);
  CHECK(assigned.reservation.backend() == &backends[1]);
  CHECK(explain(backends[0], 0, kSoon) ==
        "busy by its limit of loop_delay: only where no calm one has room now");
  CHECK(explain(backends[1], 0, kSoon) == "counting: no measurements");
}

TEST_CASE("one that is full says by which limit, if it is one of the thresholds") {
  Backends backends;
  Backend& one = backends.add(1, 1);
  one.set_standing({.level = Level::full, .by = Limit::queued_bytes});
  CHECK(explain(one, 0, kSoon) == "full by its limit of queued_bytes");
  one.set_standing({});
  CHECK(explain(one, 0, kSoon) == "counting: no measurements");
  const Reservation taken = reserve(one);
  CHECK(explain(one, 0, kSoon) == "full");
}

TEST_CASE("one that has had its session for now is held back by the rate, even when it is busy") {
  Backends backends;
  Backend& one = backends.add();
  constexpr std::uint32_t kRate = 2;
  REQUIRE(one.pace().take(kSoon, kRate));
  CHECK(explain(one, kRate, kSoon) == "held back by rate: at most 2 sessions a second");
  one.set_standing({.level = Level::busy, .by = Limit::sessions});
  CHECK(explain(one, kRate, kSoon).starts_with("held back by rate"));
  CHECK(explain(one, kRate, kSoon + std::chrono::seconds{1}).starts_with("busy by"));
  CHECK(explain(one, 0, kSoon).starts_with("busy by"));
}

TEST_CASE("where another policy chooses, measurements are not named as the reason") {
  Backends backends;
  const Backend& one = backends.add();
  CHECK(explain(one, 0, kSoon, Balance::least_load) == "counting: no measurements");
  CHECK(explain(one, 0, kSoon, Balance::least_sessions) == "counting sessions");
  CHECK(explain(one, 0, kSoon, Balance::round_robin) == "takes its turn");
  CHECK(explain(one, 0, kSoon, Balance::random_two).starts_with("drawn by lot"));
}

}  // namespace pinion::balance
