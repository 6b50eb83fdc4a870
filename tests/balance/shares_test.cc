#include "balance/shares.h"

#include <doctest/doctest.h>

namespace pinion::balance {

using Excess = std::vector<std::uint64_t>;

TEST_CASE("what is above the share by weight") {
  const auto of = [](std::vector<Share> shares) { return excess(shares); };
  CHECK(of({}) == Excess{});
  CHECK(of({{.sessions = 7}}) == Excess{0});
  CHECK(of({{.sessions = 100}, {.sessions = 100}, {.sessions = 0}}) == Excess{33, 33, 0});
  CHECK(of({{.sessions = 67}, {.sessions = 67}, {.sessions = 66}}) == Excess{0, 0, 0});
  CHECK(of({{.sessions = 40, .weight = 1}, {.sessions = 20, .weight = 3}}) == Excess{25, 0});
  CHECK(of({{.sessions = 0}, {.sessions = 0}}) == Excess{0, 0});
}

}  // namespace pinion::balance
