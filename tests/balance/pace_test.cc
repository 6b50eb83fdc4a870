#include "balance/pace.h"

#include <doctest/doctest.h>

#include <vector>

#include "support/start.h"

namespace pinion::balance {
namespace {

using pinion::test::kStart;
using std::chrono::milliseconds;
using std::chrono::seconds;

/// When they come who ask again and again, one look in each `look`.
std::vector<TimePoint> arrivals(std::uint32_t rate, Duration look, Duration in_all) {
  Pace pace;
  std::vector<TimePoint> taken;
  for (TimePoint at = kStart; at < kStart + in_all; at += look) {
    while (pace.take(at, rate)) taken.push_back(at);
    CHECK_FALSE(pace.ready(at, rate));
  }
  return taken;
}

}  // namespace

TEST_CASE("without a rate everybody may come") {
  Pace pace;
  for (int i = 0; i < 1000; ++i) CHECK(pace.take(kStart, 0));
  CHECK(pace.ready(kStart, 0));
}

TEST_CASE("no second has more than the rate, and few are lost, however rarely one looks") {
  for (const std::uint32_t rate : {1U, 7U, 50U, 1000U}) {
    for (const Duration look : {milliseconds{1}, milliseconds{10}, milliseconds{45}}) {
      CAPTURE(rate);
      CAPTURE(to_ms(look));
      const auto taken = arrivals(rate, look, seconds{20});
      CHECK(taken.size() >= 20 * rate * 9 / 10);
      for (std::size_t i = rate; i < taken.size(); ++i) {
        CHECK(taken[i] - taken[i - rate] >= seconds{1});
      }
    }
  }
}

TEST_CASE("what was not used is not saved up") {
  Pace pace;
  CHECK(pace.take(kStart, 10));
  const TimePoint later = kStart + seconds{100};
  int at_once = 0;
  while (pace.take(later, 10)) ++at_once;
  CHECK(at_once == 1);
  CHECK(pace.ready(later + milliseconds{105}, 10));
}

}  // namespace pinion::balance
