// How placing sessions comes out over minutes, in a model with fixed seeds.
#include <doctest/doctest.h>

#include <algorithm>
#include <numeric>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"
#include "placing_model.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using config::Balance;
using test::Outcome;
using test::play_all;
using test::Scenario;

constexpr std::uint32_t kSeeds = 3;

}  // namespace

TEST_CASE("one backend three times slower: p99 is at most a tenth of counting's") {
  const Scenario scenario{.slowness = {1, 1, 1, 3}, .load = 0.7};
  const Outcome counted = play_all(Balance::least_sessions, scenario, kSeeds);
  const Outcome learnt = play_all(Balance::least_load, scenario, kSeeds);
  CAPTURE(counted.p99);
  CAPTURE(learnt.p99);
  CHECK(learnt.p99 < 0.1 * counted.p99);
  CHECK(learnt.stalls <= 0.25 * counted.stalls);
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

TEST_CASE("a thousand backends stay even while measurements are a second old") {
  test::Backends backends;
  for (int i = 0; i < 1000; ++i) backends.add();
  const auto set = std::make_shared<const BackendSet>(backends.set(Balance::least_load));
  SharedTurns turns;
  turns.grow(1);
  Assigner assigner(turns, 1);
  LoadKeeper keeper(std::vector<LoadKeeper::Rules>{{.ramp = 0s, .hot = 50ms}});
  TimePoint now = TimePoint{} + 1h;
  keeper.watch({set}, now);
  // Every third is three times slower. Each session makes ten pieces a second.
  const auto cost = [](std::size_t i) { return i % 3 == 0 ? 0.003 : 0.001; };
  const auto busy = [&](std::size_t i) {
    return std::min(1.0, 10.0 * static_cast<double>(backends[i].assigned().total()) * cost(i));
  };
  for (int second = 0; second < 40; ++second, now += 1s) {
    for (std::size_t i = 0; i < 1000; ++i) {
      backends[i].traffic().add({.frames_out = 10 * backends[i].assigned().total()});
      test::probe(backends[i], busy(i), now);
    }
    keeper.tick(now);
    for (int i = 0; i < 1000; ++i) {
      (void)assigner.assign_session(*set, {}, now).reservation.confirm(true);
    }
  }
  std::vector<double> shares;
  for (std::size_t i = 0; i < 1000; ++i) shares.push_back(busy(i));
  const double mean = std::accumulate(shares.begin(), shares.end(), 0.0) / 1000;
  CHECK(*std::max_element(shares.begin(), shares.end()) < 1.6 * mean);
}

}  // namespace pinion::balance
