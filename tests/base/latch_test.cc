#include "base/latch.h"

#include <doctest/doctest.h>

#include <thread>
#include <vector>

namespace pinion {

using namespace std::chrono_literals;

TEST_CASE("a latch is open when it was counted down to zero, and not before") {
  Latch latch(2);
  CHECK_FALSE(latch.wait_for(0s));
  latch.count_down();
  CHECK_FALSE(latch.wait_for(1ms));
  latch.count_down();
  CHECK(latch.wait_for(0s));
  CHECK(latch.wait_for(0s));
}

TEST_CASE("a latch that waits for nothing is open") { CHECK(Latch(0).wait_for(0s)); }

TEST_CASE("whoever waits for a latch goes on as soon as the last thread has counted") {
  Latch latch(4);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&latch] { latch.count_down(); });
  CHECK(latch.wait_for(1h));
}

}  // namespace pinion
