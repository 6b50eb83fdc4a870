#include "loadgen/random.h"

#include <doctest/doctest.h>

#include <set>
#include <string>

namespace pinion::loadgen {

TEST_CASE("the same seed gives the same again") {
  Random one(7);
  Random same(7);
  Random other(8);
  const std::string uuid = one.uuid();
  CHECK(same.uuid() == uuid);
  CHECK(other.uuid() != uuid);
  CHECK(one.bits() == same.bits());
}

TEST_CASE("shares lie between 0 and 1") {
  Random random(1);
  double sum = 0;
  for (int i = 0; i < 10'000; ++i) {
    const double share = random.share();
    CHECK(share >= 0);
    CHECK(share < 1);
    sum += share;
  }
  CHECK(sum > 4800);
  CHECK(sum < 5200);
}

TEST_CASE("uuids are of version 4, and all different") {
  Random random(1);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) {
    const std::string uuid = random.uuid();
    REQUIRE(uuid.size() == 36);
    for (const std::size_t dash : {8U, 13U, 18U, 23U}) CHECK(uuid[dash] == '-');
    CHECK(uuid[14] == '4');
    CHECK(std::string("89ab").find(uuid[19]) != std::string::npos);
    CHECK(uuid.find_first_not_of("0123456789abcdef-") == std::string::npos);
    seen.insert(uuid);
  }
  CHECK(seen.size() == 1000);
}

}  // namespace pinion::loadgen
