// How placing sessions comes out over minutes, in a model with fixed seeds.
#include <doctest/doctest.h>

#include "placing_model.h"

namespace pinion::balance {
namespace {

using config::Balance;
using test::Outcome;
using test::play_all;
using test::Scenario;

constexpr std::uint32_t kSeeds = 3;

/// Than counting, in the measure that is asked for.
void check_far_better(const Scenario& scenario) {
  const Outcome counted = play_all(Balance::least_sessions, scenario, kSeeds);
  const Outcome learnt = play_all(Balance::least_load, scenario, kSeeds);
  CAPTURE(counted.p99);
  CAPTURE(learnt.p99);
  CHECK(learnt.p99 < 0.1 * counted.p99);
  CHECK(learnt.stalls <= 0.25 * counted.stalls);
}

}  // namespace

TEST_CASE("one backend three times slower: p99 is at most a tenth of counting's") {
  check_far_better({.slowness = {1, 1, 1, 3}, .load = 0.7});
}

TEST_CASE("equal backends: not worse than counting, and far better when they are busy") {
  Scenario scenario{.slowness = {1, 1, 1, 1}, .load = 0.7};
  CHECK(play_all(Balance::least_load, scenario, kSeeds).p99 <=
        1.05 * play_all(Balance::least_sessions, scenario, kSeeds).p99);
  scenario.load = 0.85;
  CHECK(play_all(Balance::least_load, scenario, kSeeds).p99 <=
        0.5 * play_all(Balance::least_sessions, scenario, kSeeds).p99);
}

TEST_CASE("a backend that becomes three times slower is learnt within 30 s") {
  const Scenario scenario{
      .slowness = {1, 1, 1, 1}, .load = 0.5, .seconds = 150, .antagonist_at = 90};
  const Outcome learnt = play_all(Balance::least_load, scenario, kSeeds);
  CHECK(learnt.learnt_after >= 0);
  CHECK(learnt.learnt_after < 30);
}

TEST_CASE("a backend that comes back gets at most twice its fair share of arrivals") {
  const Scenario scenario{.slowness = {1, 1, 1, 1}, .load = 0.6, .seconds = 120, .restart_at = 70};
  for (const Balance balance : {Balance::least_load, Balance::least_sessions}) {
    const Outcome outcome = play_all(balance, scenario, kSeeds);
    CHECK(outcome.returned_share > 0.2);
    CHECK(outcome.returned_share <= 0.5);
  }
}

TEST_CASE("a burst and a loop that is blocked now and then leave it better than counting") {
  const Scenario scenario{
      .slowness = {1, 1, 1, 2}, .load = 0.6, .block_every = 20, .burst_at = 100};
  const Outcome counted = play_all(Balance::least_sessions, scenario, kSeeds);
  const Outcome learnt = play_all(Balance::least_load, scenario, kSeeds);
  CHECK(learnt.p99 < counted.p99);
  CHECK(learnt.stalls <= counted.stalls);
}

TEST_CASE("speeds of 1, 1/2, 1/3 and 1/4: p99 is at most a tenth of counting's") {
  check_far_better({.slowness = {1, 2, 3, 4}, .load = 0.7});
}

}  // namespace pinion::balance
