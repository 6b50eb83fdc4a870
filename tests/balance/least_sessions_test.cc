#include <doctest/doctest.h>

#include "backends.h"

namespace pinion::balance {

using test::Backends;

TEST_CASE("least_sessions ranks by sessions per weight") {
  Backends b;
  const std::vector<Candidate> candidates{b.candidate(1, {.live = 3}), b.candidate(4, {.live = 11}),
                                          b.candidate(2, {.reserved = 5, .live = 1})};
  Random random{1};
  for (int i = 0; i < 20; ++i) CHECK(least_sessions(candidates, random) == 1);
}

TEST_CASE("least_sessions does not look at requests or waiting bytes") {
  Backends b;
  const std::vector<Candidate> candidates{b.candidate(1, {.live = 3}, 1000, 1'000'000),
                                          b.candidate(1, {.live = 3}, 0, 0)};
  Random random{3};
  const auto chosen = test::tally(2, 2000, [&] { return least_sessions(candidates, random); });
  CHECK(chosen[0] > 900);
  CHECK(chosen[1] > 900);
}

}  // namespace pinion::balance
