#include "balance/work_rate.h"

#include <doctest/doctest.h>

#include <cmath>

#include "balance/load_reading.h"
#include "support/start.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using pinion::test::kStart;

}  // namespace

TEST_CASE("work is frames both ways and requests, whatever their size") {
  const Traffic traffic{
      .frames_in = 2, .frames_out = 30, .bytes_in = 5000, .bytes_out = 7, .requests = 4};
  CHECK(traffic.work() == 36);
}

TEST_CASE("what tunnels and requests tell adds up") {
  TrafficCounter counter;
  counter.add({.frames_in = 1, .bytes_in = 10});
  counter.add({.frames_in = 2, .frames_out = 3, .bytes_out = 4, .requests = 5});
  const Traffic total = counter.total();
  CHECK(total.frames_in == 3);
  CHECK(total.frames_out == 3);
  CHECK(total.bytes_in == 10);
  CHECK(total.bytes_out == 4);
  CHECK(total.requests == 5);
}

TEST_CASE("a steady rate is seen as such from the first second on") {
  WorkRate rate;
  for (unsigned i = 0; i <= 4; ++i) {
    rate.sample(kStart + i * 250ms, {.frames_out = 1000 + 25 * i, .bytes_out = 2500 * i}, 7);
  }
  CHECK(rate.rates().frames_out == doctest::Approx(100));
  CHECK(rate.rates().bytes_out == doctest::Approx(10'000));
  CHECK(rate.rates().sessions == doctest::Approx(7));
  CHECK(rate.rates().work() == doctest::Approx(100));
}

TEST_CASE("nothing is told before there are two samples, nor of two at the same time") {
  WorkRate rate;
  CHECK(rate.rates().work() == 0);
  rate.sample(kStart, {.requests = 9}, 3);
  rate.sample(kStart, {.requests = 19}, 3);
  CHECK(rate.rates().work() == 0);
}

TEST_CASE("what was fades") {
  WorkRate rate;
  rate.sample(kStart, {}, 0);
  rate.sample(kStart + 60s, {.frames_in = 6000}, 10);
  CHECK(rate.rates().frames_in == doctest::Approx(100));
  rate.sample(kStart + 60s + WorkRate::kMemory, {.frames_in = 6000}, 0);
  CHECK(rate.rates().frames_in == doctest::Approx(100 * std::exp(-1.0)).epsilon(0.01));
  rate.sample(kStart + 120s, {.frames_in = 6000}, 0);
  CHECK(rate.rates().frames_in < 0.1);
}

TEST_CASE("measurements say everything for 5 s and nothing after 10 s") {
  CHECK(freshness(TimePoint{}, kStart) == 0);
  CHECK(freshness(kStart, kStart) == 1);
  CHECK(freshness(kStart, kStart + 5s) == 1);
  CHECK(freshness(kStart, kStart + 7500ms) == doctest::Approx(0.5));
  CHECK(freshness(kStart, kStart + 10s) == 0);
}

}  // namespace pinion::balance
