#include "base/event_meter.h"

#include <doctest/doctest.h>

#include <random>

#include "support/start.h"

namespace pinion {

using namespace std::chrono_literals;

namespace {

using pinion::test::kStart;

constexpr EventRate kFrames{.frames = 100, .bytes = 0, .burst = 500ms};

}  // namespace

TEST_CASE("a burst is free, what is beyond it is waited for") {
  EventMeter meter;
  CHECK(meter.frames_left(kFrames, 1000, kStart) == doctest::Approx(50));
  meter.take(kFrames, 50, 0, kStart);
  CHECK(meter.wait(kFrames, kStart) == 0s);
  CHECK(meter.frames_left(kFrames, 1000, kStart) == 0);
  meter.take(kFrames, 25, 0, kStart);
  CHECK(to_seconds(meter.wait(kFrames, kStart)) == doctest::Approx(0.25));
  CHECK(to_seconds(meter.wait(kFrames, kStart + 100ms)) == doctest::Approx(0.15));
  CHECK(meter.frames_left(kFrames, 1000, kStart + 350ms) == doctest::Approx(10));
  // No more than the burst, however long nothing comes.
  CHECK(meter.frames_left(kFrames, 1000, kStart + 1h) == doctest::Approx(50));
  CHECK(meter.frames_left(kFrames, 20, kStart + 1h) == 20);
}

TEST_CASE("each limit is waited for, and none where there is none") {
  const EventRate both{.frames = 10, .bytes = 1000, .burst = 1s};
  EventMeter meter;
  meter.take(both, 1, 3000, kStart);
  CHECK(meter.wait(both, kStart) == 2s);
  CHECK(meter.bytes_left(both, 1e6, kStart) == 0);
  CHECK(meter.frames_left(both, 1e6, kStart) == doctest::Approx(9));
  meter.take(both, 40, 0, kStart);
  CHECK(to_seconds(meter.wait(both, kStart)) == doctest::Approx(3.1));

  EventMeter other;
  other.take({}, 1'000'000, 1'000'000'000, kStart);
  CHECK(other.wait({}, kStart) == 0s);
  CHECK(other.frames_left({}, 1000, kStart) == 1000);
  CHECK(other.bytes_left({}, 1000, kStart) == 1000);
}

TEST_CASE("nobody waits without end") {
  EventMeter meter;
  for (int i = 0; i < 3; ++i) {
    meter.take(kFrames, ~std::uint64_t{0}, 0, kStart);
    CHECK(meter.wait(kFrames, kStart) == EventMeter::kLongest);
  }
}

TEST_CASE("those who wait get the rate, whatever they take at a time") {
  std::mt19937 random(7);  // NOLINT(cert-msc51-cpp): the same row each time
  const EventRate rate{.frames = 0, .bytes = 500, .burst = 1s};
  EventMeter meter;
  TimePoint now = kStart;
  std::uint64_t taken = 0;
  while (taken < 100'000) {
    const std::uint64_t bytes = 1 + random() % 900;
    meter.take(rate, 0, bytes, now);
    taken += bytes;
    // Late by up to a tick of the wheel: that is made up for.
    now += meter.wait(rate, now) + Duration{random() % 100'000'000};
  }
  const double fair = 500 + 500 * to_seconds(now - kStart);
  CHECK(static_cast<double>(taken) <= fair + 1);
  CHECK(static_cast<double>(taken) >= 0.95 * fair);
}

}  // namespace pinion
