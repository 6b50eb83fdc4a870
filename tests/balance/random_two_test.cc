#include <doctest/doctest.h>

#include "backends.h"

namespace pinion::balance {

using test::Backends;

TEST_CASE("random_two takes the only one there is") {
  Backends b;
  const std::vector<Candidate> one{b.candidate(7, {.live = 9})};
  Random random{1};
  for (int i = 0; i < 20; ++i) CHECK(random_two(one, random) == 0);
}

TEST_CASE("random_two of two takes the less loaded, always") {
  Backends b;
  const std::vector<Candidate> two{b.candidate(1, {.live = 4}), b.candidate(2, {.live = 7})};
  Random random{2};
  for (int i = 0; i < 200; ++i) CHECK(random_two(two, random) == 1);
}

TEST_CASE("random_two never takes the most loaded of three") {
  Backends b;
  const std::vector<Candidate> three{b.candidate(1, {.live = 1}), b.candidate(1, {.live = 9}),
                                     b.candidate(1, {.live = 2})};
  Random random{3};
  const auto chosen = test::tally(3, 3000, [&] { return random_two(three, random); });
  CHECK(chosen[1] == 0);
  // The least loaded is in two of the three pairs.
  CHECK(chosen[0] > 1850);
  CHECK(chosen[0] < 2150);
}

TEST_CASE("random_two draws in proportion to weights") {
  Backends b;
  // Equal per weight, so the first that is drawn is taken.
  const std::vector<Candidate> three{b.candidate(6, {}), b.candidate(3, {}), b.candidate(1, {})};
  Random random{4};
  const auto chosen = test::tally(3, 10000, [&] { return random_two(three, random); });
  CHECK(chosen[0] > 5700);
  CHECK(chosen[0] < 6300);
  CHECK(chosen[1] > 2750);
  CHECK(chosen[1] < 3250);
  CHECK(chosen[2] > 800);
  CHECK(chosen[2] < 1200);
}

TEST_CASE("random_two stays within its candidates whatever their weights") {
  Random random{5};
  for (int round = 0; round < 500; ++round) {
    Backends b;
    std::vector<Candidate> candidates;
    const std::size_t count = 1 + test::below(9, random);
    candidates.reserve(count);
    for (std::size_t i = 0; i < count; ++i) {
      candidates.push_back(
          b.candidate(1 + test::below(1000, random), {.live = test::below(50, random)}));
    }
    for (int i = 0; i < 20; ++i) CHECK(random_two(candidates, random) < count);
  }
}

}  // namespace pinion::balance
