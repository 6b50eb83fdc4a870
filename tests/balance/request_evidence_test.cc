// A loop that is busy by chance, met by probes and by requests.
#include "balance/request_evidence.h"

#include <doctest/doctest.h>

#include <random>

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;

constexpr Duration kStep = 250ms;

struct VisitedLoop {
  double busy = 0.4;
  // Of the requests, the share that an application takes 2 to 20 ms for while its loop is free.
  double own_work = 0;
  double requests_a_tick = 0.8;

  RequestEvidence evidence;
  BusyTally joined;
  TimePoint now = TimePoint{} + 1h;
  std::mt19937 random{7};

  bool chance(double share) { return std::bernoulli_distribution(share)(random); }
  Duration between(Duration least, Duration most) {
    return Duration{
        std::uniform_int_distribution<std::int64_t>(least.count(), most.count())(random)};
  }
  // As long as one takes that need not wait, or some of a piece of 4 ms more.
  Duration delay() { return between(280us, 320us) + (chance(busy) ? between(0ms, 4ms) : 0ms); }

  void live(Duration time) {
    for (const TimePoint end = now + time; now < end; now += kStep) {
      BusyTally probes;
      // One a second; the reach of a peak hides the shortest waits from both.
      if (chance(0.25)) probes.add(1, delay() > 450us);
      if (chance(requests_a_tick)) {
        const Duration own = chance(own_work) ? between(2ms, 20ms) : 0ms;
        evidence.add({.kind = SampledRequest::push, .sent = now, .took = delay() + own});
      }
      joined = joined + evidence.join(kStep, probes, now);
    }
  }
};

}  // namespace

TEST_CASE("requests that meet the loop as probes do weigh more, since they are more") {
  VisitedLoop loop;
  loop.live(3min);
  CHECK(loop.evidence.knows());
  CHECK(loop.evidence.busy_share() == doctest::Approx(0.4).epsilon(0.2));
  CHECK(loop.evidence.weight() > 1);
  CHECK(loop.evidence.weight() <= RequestEvidence::kMost);
  // 180 probes, and what the requests add to them.
  CHECK(loop.joined.worth() > 360);
  CHECK(loop.joined.share() == doctest::Approx(0.4).epsilon(0.2));
}

TEST_CASE("an application that takes its time over requests does not pass for a busy loop") {
  VisitedLoop loop{.own_work = 0.5, .evidence = {}};
  loop.live(3min);
  CHECK(loop.evidence.knows());
  CHECK(loop.evidence.busy_share() > 0.55);
  CHECK(loop.evidence.weight() < 0.2);
  CHECK(loop.joined.share() == doctest::Approx(0.4).epsilon(0.2));
}

TEST_CASE("requests that are all slow, each in its own way, have no say") {
  VisitedLoop loop{.own_work = 1, .evidence = {}};
  loop.live(3min);
  CHECK(loop.evidence.weight() < 0.05);
  CHECK(loop.joined.share() == doctest::Approx(0.4).epsilon(0.2));
}

TEST_CASE("what the loop does later is seen in requests too") {
  VisitedLoop loop{.busy = 0.1, .evidence = {}};
  loop.live(3min);
  loop.busy = 0.8;
  const BusyTally before = loop.joined;
  loop.live(1min);
  CHECK((loop.joined - before).share() == doctest::Approx(0.8).epsilon(0.15));
  CHECK(loop.evidence.weight() > 0.5);
}

TEST_CASE("a few requests are not compared with anything") {
  VisitedLoop loop{.requests_a_tick = 0.02, .evidence = {}};
  loop.live(1min);
  CHECK(loop.evidence.weight() == 0);
  CHECK(loop.joined.squares == loop.joined.seconds);  // nothing but probes, of a second each
}

TEST_CASE(
    "without requests they say nothing, and what they said counts less when they come again") {
  VisitedLoop loop;
  loop.live(3min);
  CHECK(loop.evidence.knows());
  loop.requests_a_tick = 0;
  loop.live(RequestEvidence::kMostGap + kStep);
  CHECK_FALSE(loop.evidence.knows());
  CHECK(loop.evidence.weight() == 0);
  const BusyTally before = loop.joined;
  loop.busy = 0;
  loop.live(10min);
  CHECK((loop.joined - before).share() == 0);  // of probes alone
  loop.requests_a_tick = 0.8;
  loop.live(1min);
  CHECK(loop.evidence.knows());
  CHECK(loop.evidence.busy_share() < 0.05);
}

}  // namespace pinion::balance
