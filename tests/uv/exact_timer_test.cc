#include "uv/exact_timer.h"

#include <doctest/doctest.h>

#include "run_until.h"
#include "ticks.h"

namespace pinion::uv {
namespace {

using namespace std::chrono_literals;
using test::Ticks;

}  // namespace

TEST_CASE("an exact timer fires once, not before its time") {
  Loop loop;
  Ticks ticks;
  ExactTimer timer(loop, ticks);
  const TimePoint at = monotonic_now() + 2500us;
  timer.start(at);
  CHECK(test::run_until(loop, [&] { return ticks.count == 1; }));
  CHECK(monotonic_now() >= at);
  const TimePoint then = monotonic_now();
  CHECK(test::run_until(loop, [&] { return monotonic_now() > then + 20ms; }));
  CHECK(ticks.count == 1);
}

TEST_CASE("an exact timer whose time is over fires at once") {
  Loop loop;
  Ticks ticks;
  ExactTimer timer(loop, ticks);
  timer.start(TimePoint{});
  CHECK(test::run_until(loop, [&] { return ticks.count == 1; }));
}

TEST_CASE("an exact timer can be set anew and stopped") {
  Loop loop;
  Ticks ticks;
  ExactTimer timer(loop, ticks);
  timer.start(monotonic_now() + 10min);
  timer.start(monotonic_now() + 1ms);
  CHECK(test::run_until(loop, [&] { return ticks.count == 1; }));
  timer.start(monotonic_now() + 1ms);
  timer.stop();
  const TimePoint then = monotonic_now();
  CHECK(test::run_until(loop, [&] { return monotonic_now() > then + 20ms; }));
  CHECK(ticks.count == 1);
}

}  // namespace pinion::uv
