#include "base/hysteresis.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion {
namespace {

using pinion::test::kStart;
using std::chrono::milliseconds;

constexpr Duration kMoment = milliseconds{1};

}  // namespace

TEST_CASE("entered at the limit at once, left after two seconds at 80 % of it") {
  Hysteresis state;
  CHECK_FALSE(state.update(0.99, kStart));
  CHECK(state.update(1.0, kStart));
  CHECK(state.update(0.81, kStart + milliseconds{100}));
  const TimePoint low = kStart + milliseconds{200};
  CHECK(state.update(0.8, low));
  CHECK(state.update(0.5, low + Hysteresis::kLeaveAfter - kMoment));
  CHECK_FALSE(state.update(0.5, low + Hysteresis::kLeaveAfter));
  CHECK_FALSE(state.above());
}

TEST_CASE("going up again begins the two seconds anew") {
  Hysteresis state;
  CHECK(state.update(2.0, kStart));
  CHECK(state.update(0.1, kStart + milliseconds{1000}));
  CHECK(state.update(0.9, kStart + milliseconds{2500}));
  CHECK(state.update(0.1, kStart + milliseconds{3000}));
  CHECK(state.update(0.1, kStart + milliseconds{4900}));
  CHECK_FALSE(state.update(0.1, kStart + milliseconds{5000}));
}

TEST_CASE("what was low for long before is above as soon as it reaches the limit") {
  Hysteresis state;
  CHECK_FALSE(state.update(0.0, kStart));
  CHECK(state.update(1.5, kStart + std::chrono::hours{1}));
  CHECK(state.update(0.0, kStart + std::chrono::hours{1} + kMoment));
}

}  // namespace pinion
