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

TEST_CASE("nobody is moved to where there is no room") {
  const auto of = [](std::vector<Share> shares) { return excess(shares); };
  // A is full, so all that B has above its share would come back to it.
  CHECK(of({{.sessions = 10, .most = 10}, {.sessions = 100}}) == Excess{0, 0});
  // What A has no room for is the part of B and C.
  CHECK(of({{.sessions = 10, .most = 20}, {.sessions = 100}, {.sessions = 0}}) == Excess{0, 55, 0});
  CHECK(of({{.sessions = 4, .most = 4}, {.sessions = 6, .most = 6}}) == Excess{0, 0});
  // A limit was lowered: those above it go as far as others have room.
  CHECK(of({{.sessions = 50, .most = 10}, {.sessions = 5, .most = 15}}) == Excess{10, 0});
  CHECK(of({{.sessions = 50, .most = 10}, {.sessions = 15, .most = 15}}) == Excess{0, 0});
  CHECK(of({{.sessions = 50, .most = 10}, {.sessions = 15}}) == Excess{40, 0});
}

}  // namespace pinion::balance
