#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>

#include "backends.h"

namespace pinion::balance {
namespace {

using test::Backends;

std::vector<std::size_t> turns(const std::vector<Candidate>& candidates, RoundRobinState& state,
                               std::size_t count) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t at = round_robin(candidates, state);
    chosen.push_back(candidates[at].backend->id());
  }
  return chosen;
}

}  // namespace

TEST_CASE("round_robin gives each its weight in every run of the sum") {
  Backends b;
  const std::vector<Candidate> candidates{b.candidate(5, {}), b.candidate(1, {}),
                                          b.candidate(3, {})};
  RoundRobinState state;
  const auto chosen = turns(candidates, state, 90);
  for (std::size_t from = 0; from + 9 <= chosen.size(); ++from) {
    const auto first = chosen.begin() + static_cast<std::ptrdiff_t>(from);
    CHECK(std::count(first, first + 9, 0U) == 5);
    CHECK(std::count(first, first + 9, 1U) == 1);
    CHECK(std::count(first, first + 9, 2U) == 3);
  }
}

TEST_CASE("round_robin does not give a heavy backend its turns in one run") {
  Backends b;
  const std::vector<Candidate> candidates{b.candidate(5, {}), b.candidate(1, {}),
                                          b.candidate(1, {})};
  RoundRobinState state;
  CHECK(turns(candidates, state, 7) == std::vector<std::size_t>{0, 0, 1, 0, 2, 0, 0});
}

TEST_CASE("round_robin stays even when a backend leaves and returns") {
  Backends b;
  const std::vector<Candidate> all{b.candidate(1, {}), b.candidate(1, {}), b.candidate(1, {})};
  for (std::size_t before = 0; before < 6; ++before) {
    CAPTURE(before);
    RoundRobinState state;
    (void)turns(all, state, before);
    const std::vector<Candidate> two{all[0], all[2]};
    const auto alone = turns(two, state, 10);
    CHECK(std::abs(std::count(alone.begin(), alone.end(), 0U) - 5) <= 1);
    // Neither does it catch up on what it missed, nor is it left out.
    const auto again = turns(all, state, 30);
    for (const std::size_t id : {0U, 1U, 2U}) {
      CHECK(std::abs(std::count(again.begin(), again.end(), id) - 10) <= 1);
    }
  }
}

TEST_CASE("round_robin with one backend takes it") {
  Backends b;
  const std::vector<Candidate> one{b.candidate(3, {})};
  RoundRobinState state;
  for (int i = 0; i < 5; ++i) CHECK(round_robin(one, state) == 0);
}

}  // namespace pinion::balance
