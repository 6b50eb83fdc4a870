#include "base/timer_wheel.h"

#include <doctest/doctest.h>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace pinion {
namespace {

using std::chrono::milliseconds;

struct Probe final : WheelTimer {
  void on_timer(TimePoint now) noexcept override {
    fired.push_back(now);
    if (then) then();
  }
  std::vector<TimePoint> fired;
  std::function<void()> then;
};

}  // namespace

TEST_CASE("timers fire once, never early, at most a tick late") {
  const TimePoint start{};
  TimerWheel wheel{milliseconds{100}, 16, start};
  std::mt19937 random{3};
  std::vector<std::unique_ptr<Probe>> probes;
  for (int i = 0; i < 500; ++i) {
    probes.push_back(std::make_unique<Probe>());
    wheel.arm(*probes.back(), start + milliseconds{random() % 10000});
  }
  for (int ms = 0; ms <= 10200; ms += 10) wheel.advance(start + milliseconds{ms});
  for (const auto& probe : probes) {
    REQUIRE(probe->fired.size() == 1);
    const auto late = probe->fired[0] - probe->deadline();
    CHECK(late >= milliseconds{0});
    CHECK(late <= milliseconds{210});
  }
}

TEST_CASE("timers may be re-armed, disarmed and destroyed while others fire") {
  const TimePoint start{};
  TimerWheel wheel{milliseconds{100}, 8, start};
  Probe again;
  Probe cancelled;
  auto destroyed = std::make_unique<Probe>();
  again.then = [&] {
    cancelled.disarm();
    destroyed.reset();
    if (again.fired.size() < 3) wheel.arm(again, again.fired.back() + milliseconds{100});
  };
  wheel.arm(again, start + milliseconds{50});
  wheel.arm(cancelled, start + milliseconds{60});
  wheel.arm(*destroyed, start + milliseconds{70});
  for (int ms = 0; ms < 2000; ms += 50) wheel.advance(start + milliseconds{ms});
  CHECK(again.fired.size() == 3);
  CHECK(cancelled.fired.empty());
  CHECK_FALSE(again.armed());
}

TEST_CASE("a long pause fires everything that is due, once") {
  const TimePoint start{};
  TimerWheel wheel{milliseconds{100}, 8, start};
  Probe soon;
  Probe late;
  wheel.arm(soon, start + milliseconds{100});
  wheel.arm(late, start + std::chrono::hours{2});
  wheel.advance(start + std::chrono::hours{1});
  CHECK(soon.fired.size() == 1);
  CHECK(late.fired.empty());
  wheel.advance(start + std::chrono::hours{3});
  CHECK(late.fired.size() == 1);
}

}  // namespace pinion
