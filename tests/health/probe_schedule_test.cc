#include "health/probe_schedule.h"

#include <doctest/doctest.h>

#include <cmath>

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using balance::ProbeReading;

constexpr ProbeReading kCalm{
    .baseline = 400us, .confidence = 1.0, .tally = {.seconds = 80, .squares = 80}};
constexpr ProbeReading kBusy{.busy_share = 1.0,
                             .wait = 5ms,
                             .baseline = 400us,
                             .confidence = 1.0,
                             .tally = {.seconds = 80, .squares = 80}};

}  // namespace

TEST_CASE("times between probes are exponentially distributed") {
  const ProbeSchedule schedule(1s);
  std::mt19937 random{1};
  constexpr int kDraws = 100'000;
  double sum = 0;
  int beyond_mean = 0;
  int beyond_two = 0;
  for (int i = 0; i < kDraws; ++i) {
    const Duration drawn = schedule.draw(kCalm, random);
    REQUIRE(drawn >= ProbeSchedule::kShortest);
    REQUIRE(drawn <= ProbeSchedule::kLongest * Duration{1s});
    sum += to_seconds(drawn);
    beyond_mean += drawn > 1s ? 1 : 0;
    beyond_two += drawn > 2s ? 1 : 0;
  }
  CHECK(sum / kDraws == doctest::Approx(1.0).epsilon(0.02));
  CHECK(beyond_mean / double{kDraws} == doctest::Approx(std::exp(-1.0)).epsilon(0.03));
  CHECK(beyond_two / double{kDraws} == doctest::Approx(std::exp(-2.0)).epsilon(0.05));
}

TEST_CASE("a backend that looks busy is probed up to four times a second") {
  const ProbeSchedule schedule(1s);
  CHECK(schedule.mean(kCalm) == 1s);
  CHECK(schedule.mean(kBusy) == 250ms);
  ProbeReading half = kBusy;
  half.busy_share = 0.5;
  CHECK(schedule.mean(half) == 400ms);
}

TEST_CASE("what nobody is sure of makes no load") {
  ProbeReading unsure = kBusy;
  unsure.confidence = 0.0;
  CHECK(ProbeSchedule(1s).mean(unsure) == 1s);
  unsure.confidence = 0.25;
  CHECK(ProbeSchedule(1s).mean(unsure) == 400ms);
}

TEST_CASE("until something is known, probes go out quickly") {
  ProbeReading few = kCalm;
  few.tally = {.seconds = 5.9, .squares = 0.59};
  CHECK(ProbeSchedule(1s).mean(few) == 100ms);
  CHECK(ProbeSchedule(1s).mean({}) == 100ms);
  CHECK(ProbeSchedule(10min).mean({}) == 1min);
  CHECK(ProbeSchedule(1s, false).mean({}) == 1s);
  few.baseline = 4ms;
  CHECK(ProbeSchedule(1s).mean(few) == 800ms);
  few = kCalm;
  few.tally = {.seconds = 6, .squares = 0.6};
  CHECK(ProbeSchedule(1s).mean(few) == 1s);
}

// One that closes each connection after its answer never gives a sample.
TEST_CASE("a backend of which nothing is ever known is not probed quickly for ever") {
  ProbeSchedule schedule(1s);
  for (int i = 0; i < ProbeSchedule::kFirst; ++i) {
    CHECK(schedule.mean({}) == 100ms);
    schedule.went_out();
  }
  CHECK(schedule.mean({}) == 1s);
}

TEST_CASE("probes stay a small share of what the backend does") {
  ProbeReading slow = kBusy;
  slow.baseline = 4ms;
  CHECK(ProbeSchedule(1s).mean(slow) == 800ms);
  ProbeReading waiting = kBusy;
  waiting.wait = 300ms;
  CHECK(ProbeSchedule(1s).mean(waiting) == 600ms);
  waiting.wait = 3s;
  CHECK(ProbeSchedule(1s).mean(waiting) == 1s);
}

TEST_CASE("the configured interval is a bound in either direction") {
  CHECK(ProbeSchedule(100ms).mean(kBusy) == 100ms);
  CHECK(ProbeSchedule(100ms).mean(kCalm) == 100ms);
  CHECK(ProbeSchedule(10s).mean(kBusy) == 2500ms);
}

}  // namespace pinion::health
