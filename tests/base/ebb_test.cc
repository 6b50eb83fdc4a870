#include "base/ebb.h"

#include <doctest/doctest.h>

#include "support/start.h"

namespace pinion {
namespace {

using pinion::test::kStart;
using std::chrono::milliseconds;

constexpr std::size_t kWorth = 64;

}  // namespace

TEST_CASE("half of the peak, for a second, is an ebb, and is told once") {
  Ebb ebb(kWorth);
  CHECK_FALSE(ebb.update(9000, kStart));
  CHECK_FALSE(ebb.update(4500, kStart + milliseconds{1}));
  CHECK_FALSE(ebb.update(100, kStart + Ebb::kStays));
  CHECK(ebb.update(100, kStart + milliseconds{1} + Ebb::kStays));
  CHECK_FALSE(ebb.update(100, kStart + 3 * Ebb::kStays));
  CHECK_FALSE(ebb.update(100, kStart + 5 * Ebb::kStays));
}

TEST_CASE("a crowd that leaves by and by is given back by and by") {
  Ebb ebb(kWorth);
  std::size_t told = 0;
  TimePoint now = kStart;
  for (std::size_t level = 9000; level > 0; level -= 10, now += milliseconds{100}) {
    if (ebb.update(level, now)) ++told;
  }
  CHECK(told >= 5);
  CHECK(told <= 8);
}

TEST_CASE("coming back within the second is no ebb") {
  Ebb ebb(kWorth);
  CHECK_FALSE(ebb.update(1000, kStart));
  CHECK_FALSE(ebb.update(10, kStart + milliseconds{10}));
  CHECK_FALSE(ebb.update(501, kStart + milliseconds{900}));
  CHECK_FALSE(ebb.update(10, kStart + milliseconds{1100}));
  CHECK_FALSE(ebb.update(10, kStart + milliseconds{2000}));
  CHECK(ebb.update(10, kStart + milliseconds{2100}));
}

TEST_CASE("a few are not worth it") {
  Ebb ebb(kWorth);
  CHECK_FALSE(ebb.update(kWorth - 1, kStart));
  CHECK_FALSE(ebb.update(0, kStart + Ebb::kStays));
  CHECK_FALSE(ebb.update(0, kStart + 3 * Ebb::kStays));
}

}  // namespace pinion
