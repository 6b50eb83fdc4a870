#include <doctest/doctest.h>

#include "backends.h"

namespace pinion::balance {
namespace {

using test::Backends;

std::size_t chosen_of(std::vector<Candidate> candidates) {
  Random random{1};
  const std::size_t first = least_load(candidates, random);
  for (int i = 0; i < 20; ++i) REQUIRE(least_load(candidates, random) == first);
  return first;
}

}  // namespace

TEST_CASE("least_load counts reserved and live sessions alike") {
  Backends b;
  CHECK(chosen_of({b.candidate(1, {.reserved = 0, .live = 5}),
                   b.candidate(1, {.reserved = 4, .live = 0}),
                   b.candidate(1, {.reserved = 3, .live = 3})}) == 1);
}

TEST_CASE("least_load divides sessions by weight") {
  Backends b;
  CHECK(chosen_of({b.candidate(1, {.live = 4}), b.candidate(3, {.live = 11})}) == 1);
  CHECK(chosen_of({b.candidate(1, {.live = 4}), b.candidate(3, {.live = 13})}) == 0);
}

TEST_CASE("least_load looks at requests in flight only between equal sessions") {
  Backends b;
  CHECK(chosen_of({b.candidate(1, {.live = 2}, 9), b.candidate(1, {.live = 2}, 8)}) == 1);
  CHECK(chosen_of({b.candidate(1, {.live = 2}, 900), b.candidate(1, {.live = 3}, 0)}) == 0);
  CHECK(chosen_of({b.candidate(1, {.live = 2}, 3), b.candidate(2, {.live = 4}, 5)}) == 1);
}

TEST_CASE("least_load looks at waiting bytes last") {
  Backends b;
  CHECK(chosen_of({b.candidate(1, {}, 1, 100), b.candidate(1, {}, 1, 99)}) == 1);
  CHECK(chosen_of({b.candidate(1, {}, 1, 100), b.candidate(1, {}, 2, 0)}) == 0);
  CHECK(chosen_of({b.candidate(1, {}, 1, 100), b.candidate(4, {}, 4, 399)}) == 1);
}

TEST_CASE("least_load spreads ties evenly, so that workers do not herd") {
  Backends b;
  const std::vector<Candidate> candidates{b.candidate(1, {.live = 7}), b.candidate(1, {.live = 6}),
                                          b.candidate(2, {.live = 12}),
                                          b.candidate(1, {.reserved = 6})};
  Random random{2};
  const auto chosen = test::tally(4, 3000, [&] { return least_load(candidates, random); });
  CHECK(chosen[0] == 0);
  for (const std::size_t tied : {1U, 2U, 3U}) {
    CHECK(chosen[tied] > 900);
    CHECK(chosen[tied] < 1100);
  }
}

TEST_CASE("least_load compares large counts without overflow") {
  Backends b;
  const std::uint64_t gigabytes = std::uint64_t{1} << 40U;
  CHECK(chosen_of({b.candidate(1000, {.live = 10'000'000}, 0, gigabytes + 1),
                   b.candidate(1000, {.live = 10'000'000}, 0, gigabytes)}) == 1);
}

TEST_CASE("least_load believes reports beside backends that are not measured and report nothing") {
  Backends b;
  const auto reports = [&](std::uint32_t sessions, double busy) {
    Candidate one = b.candidate(1, {.live = sessions});
    one.load.busy = busy;
    one.load.reported = true;
    return one;
  };
  const auto silent = [&](std::uint32_t sessions) { return b.candidate(1, {.live = sessions}); };
  // A session costs 0.11 on average, so as many cost more elsewhere, and none less.
  CHECK(chosen_of({reports(4, 0.9), reports(4, 0.2), silent(4)}) == 1);
  CHECK(chosen_of({reports(4, 0.9), reports(5, 0.2), silent(4)}) == 1);
  CHECK(chosen_of({reports(4, 0.9), reports(4, 0.2), silent(0)}) == 2);
  CHECK(chosen_of({silent(2), silent(3), silent(1)}) == 2);
}

TEST_CASE("least_load counts among those that wait about as long where all are hot") {
  using namespace std::chrono_literals;
  Backends b;
  const auto hot = [&](std::uint32_t sessions, Duration wait) {
    Candidate one = b.candidate(1, {.live = sessions});
    one.load.hot = true;
    one.load.wait = wait;
    return one;
  };
  CHECK(chosen_of({hot(5, 60ms), hot(4, 100ms), hot(6, 70ms)}) == 1);
  CHECK(chosen_of({hot(5, 60ms), hot(0, 130ms), hot(6, 70ms)}) == 0);
  // All who come until the next look would go to one.
  Random random{3};
  std::vector<Candidate> candidates{hot(0, 60ms), hot(0, 61ms), hot(0, 62ms)};
  for (int i = 0; i < 300; ++i) ++candidates[least_load(candidates, random)].assigned.reserved;
  for (const Candidate& one : candidates) CHECK(one.assigned.reserved == 100);
  // One that is not hot goes before them.
  candidates.push_back(b.candidate(1, {.live = 1000}));
  CHECK(chosen_of(candidates) == 3);
}

TEST_CASE("least_load: weights that are alike change nothing, however large or small") {
  for (const std::uint32_t weight : {1U, 5U, 100U, 100'000U}) {  // in hundredths
    CAPTURE(weight);
    Backends b;
    const auto measured = [&](double share, std::uint32_t sessions) {
      Candidate one = b.candidate(1, {.live = sessions});
      one.weight = weight;
      one.load.busy = share * Backend::kWeightUnit / weight;
      one.load.trust = 1;
      return one;
    };
    // The less busy one, whoever has more sessions.
    CHECK(chosen_of({measured(0.8, 3), measured(0.4, 9)}) == 1);
    CHECK(chosen_of({measured(1.0, 3), measured(0.9, 9)}) == 1);
    // Differences that are noise, and shares at which nobody waits, leave it to counts.
    CHECK(chosen_of({measured(0.405, 3), measured(0.4, 9)}) == 0);
    CHECK(chosen_of({measured(0.04, 3), measured(0.01, 9)}) == 0);
  }
}

TEST_CASE("least_load: one that is to have next to nothing does not hide what the others do") {
  Backends b;
  const auto measured = [&](std::uint32_t weight, double share, std::uint32_t sessions,
                            double trust) {
    Candidate one = b.candidate(1, {.live = sessions});
    one.weight = weight;
    one.load.busy = share * Backend::kWeightUnit / weight;
    one.load.trust = trust;
    return one;
  };
  for (const double trust : {1.0, 0.9}) {
    CAPTURE(trust);
    CHECK(chosen_of({measured(100, 0.8, 3, trust), measured(100, 0.4, 9, trust),
                     measured(1, 0.2, 1, trust)}) == 1);
  }
}

TEST_CASE("least_load: one that is far too busy does not make the others alike") {
  Backends b;
  const auto busy = [&](std::uint32_t sessions, double share) {
    Candidate one = b.candidate(1, {.live = sessions});
    one.load.busy = share;
    one.load.trust = 0.8;
    return one;
  };
  CHECK(chosen_of({busy(9, 0.2), busy(3, 0.8), busy(3, 6.0)}) == 0);
  // Where none keeps up they are as alike as the measurements say.
  CHECK(chosen_of({busy(9, 1.2), busy(3, 1.3), busy(3, 1.9)}) == 1);
  CHECK(chosen_of({busy(9, 1.2), busy(3, 1.6), busy(3, 1.9)}) == 0);
}

}  // namespace pinion::balance
