#include "loadgen/tally.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::loadgen {

using Counts = std::vector<std::pair<std::string, std::uint64_t>>;

TEST_CASE("things are counted in the order in which they came first") {
  Tally tally;
  CHECK(tally.total() == 0);
  tally.add("503");
  tally.add("connection reset");
  tally.add("503");
  CHECK(tally.total() == 3);
  CHECK(tally.counts() == Counts{{"503", 2}, {"connection reset", 1}});
}

TEST_CASE("only so many are told apart, the others are others") {
  Tally tally;
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 1000; ++i) tally.add("reason " + std::to_string(i));
  }
  CHECK(tally.total() == 2000);
  REQUIRE(tally.counts().size() == Tally::kMost);
  CHECK(tally.counts().front() == std::pair<std::string, std::uint64_t>{"reason 0", 2});
  const std::uint64_t others = 2 * (1000 - (Tally::kMost - 1));
  CHECK(tally.counts().back() == std::pair<std::string, std::uint64_t>{"other", others});
}

TEST_CASE("long words are cut, and still told apart from others by their beginning") {
  Tally tally;
  tally.add(std::string(1000, 'x'));
  tally.add(std::string(2000, 'x'));
  CHECK(tally.counts() == Counts{{std::string(Tally::kLongestWords, 'x'), 2}});
}

}  // namespace pinion::loadgen
