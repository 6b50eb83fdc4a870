#include "balance/probe_window.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <random>

#include "support/start.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using pinion::test::kStart;

/// An event loop that does pieces of work, in the order in which they come at random, and a probe
/// that meets it at random times.
class Loop {
 public:
  Loop(double share, Duration piece) : share_(share), piece_(piece) {}

  Duration delay_of_a_probe() {
    const double piece = static_cast<double>(piece_.count());
    const double mean_gap = share_ > 0 ? piece / share_ : 0;
    const double probe_gap = 250e6;
    double left = probe_gap;
    while (share_ > 0) {
      const double gap = exponential_(random_) * mean_gap;
      if (gap > left) break;
      left -= gap;
      backlog_ = std::max(0.0, backlog_ - gap) + piece;
    }
    backlog_ = std::max(0.0, backlog_ - left);
    return Duration{static_cast<std::int64_t>(backlog_ + calm())};
  }

 private:
  // What an idle loop takes: a narrow peak, and now and then a little more.
  double calm() { return 400e3 + 40e3 * normal_(random_) + 30e3 * exponential_(random_); }

  double share_;
  Duration piece_;
  double backlog_ = 0;
  std::mt19937 random_{7};
  std::exponential_distribution<double> exponential_{1.0};
  std::normal_distribution<double> normal_;
};

ProbeReading read(ProbeWindow& window, Loop loop, int probes, TimePoint& now) {
  for (int i = 0; i < probes; ++i) window.add(now += 250ms, loop.delay_of_a_probe(), true, 1s);
  return window.reading(now);
}

}  // namespace

TEST_CASE("without a sample nothing can be told") {
  const ProbeWindow window(30s);
  CHECK(window.reading(kStart).confidence == 0.0);
  CHECK(window.reading(kStart).samples == 0);
}

TEST_CASE("the busy share of a loop is found without any threshold being set") {
  for (const Duration piece : {Duration{1ms}, Duration{4ms}, Duration{50ms}}) {
    for (const double share : {0.0, 0.1, 0.3, 0.5, 0.7, 0.9}) {
      ProbeWindow window(1h);
      TimePoint now = kStart;
      read(window, Loop(0.05, 1ms), 64, now);
      const ProbeReading reading = read(window, Loop(share, piece), 128, now);
      CAPTURE(piece.count());
      CAPTURE(share);
      // 128 samples have a standard error of 0.04; some waits are too short to be seen.
      CHECK(reading.busy_share > share - 0.16);
      CHECK(reading.busy_share < share + 0.12);
      CHECK(reading.confidence > 0.5);
    }
  }
}

TEST_CASE("a loop that is busy from the first probe on is seen up to 70 %") {
  for (const double share : {0.1, 0.3, 0.5, 0.7}) {
    ProbeWindow window(1h);
    TimePoint now = kStart;
    const ProbeReading reading = read(window, Loop(share, 4ms), 128, now);
    CAPTURE(share);
    CHECK(reading.busy_share > share - 0.16);
    CHECK(reading.busy_share < share + 0.16);
  }
}

TEST_CASE("of pieces of 0.3 ms a part hides behind the peak, but none is made up") {
  double before = -0.1;
  for (const double share : {0.0, 0.5, 0.9}) {
    ProbeWindow window(1h);
    TimePoint now = kStart;
    read(window, Loop(0.05, 1ms), 64, now);
    const double seen = read(window, Loop(share, 300us), 128, now).busy_share;
    CAPTURE(share);
    CHECK(seen < share + 0.1);
    CHECK(seen > before);
    before = seen;
  }
}

TEST_CASE("the mean wait is that of the newest probes, beyond what a calm loop takes") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  const ProbeReading calm = read(window, Loop(0.0, 1ms), 60, now);
  CHECK(calm.wait < 100us);
  CHECK(calm.baseline > 300us);
  CHECK(calm.baseline < 500us);
  for (int i = 0; i < 8; ++i) window.add(now += 250ms, 80ms + 400us, true, 1s);
  const ProbeReading blocked = window.reading(now);
  CHECK(blocked.wait > 79ms);
  CHECK(blocked.wait < 81ms);
  CHECK(blocked.latency == 80ms + 400us);
  CHECK(blocked.at == now);
}

TEST_CASE("what was added in all is known also when nothing is recent") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  const BusyTally before = read(window, Loop(0.5, 1ms), 60, now).tally;
  CHECK(before.seconds > 0);
  const ProbeReading later = window.reading(now + 31s);
  CHECK(later.confidence == 0);
  CHECK(later.tally.seconds == before.seconds);
}

TEST_CASE("a loop that is never idle any more is seen to be so, since the peak is remembered") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  read(window, Loop(0.1, 1ms), 100, now);
  for (int i = 0; i < 200; ++i) window.add(now += 250ms, Duration{20ms} + i % 37 * 1ms, true, 1s);
  const ProbeReading reading = window.reading(now);
  CHECK(reading.busy_share == 1.0);
  CHECK(reading.baseline < 1ms);
  CHECK(reading.confidence > 0.5);
}

TEST_CASE(
    "a loop that was never idle since pinion started shows in the wait, and is trusted less") {
  ProbeWindow window(1h);
  TimePoint now = kStart;
  std::mt19937 random{3};
  std::uniform_real_distribution<double> wait(5e6, 800e6);
  for (int i = 0; i < 128; ++i) {
    window.add(now += 250ms, Duration{static_cast<std::int64_t>(wait(random))}, true, 1s);
  }
  const ProbeReading reading = window.reading(now);
  CHECK(reading.busy_share > 0.3);
  CHECK(reading.wait > 100ms);
  CHECK(reading.confidence < 0.5);
}

TEST_CASE("a machine that has become slower is busy at first, and has a new baseline within 30 s") {
  for (const double times : {1.5, 2.25, 3.0}) {
    for (const Duration every : {Duration{100ms}, Duration{250ms}, Duration{400ms}}) {
      CAPTURE(times);
      ProbeWindow window(30s);
      TimePoint now = kStart;
      std::mt19937 random{5};
      std::normal_distribution<double> noise{1.0, 0.04};
      const auto probe = [&](double slower, Duration gap, Duration for_how_long) {
        for (const TimePoint end = now + for_how_long; now < end;) {
          const double delay = 450e3 * slower * noise(random);
          window.add(now += gap, Duration{static_cast<std::int64_t>(delay)}, true, gap);
        }
      };
      probe(1, 1s, 5min);
      probe(times, every, 8s);
      CHECK(window.reading(now).busy_share > 0.2);
      probe(times, every, 12s);
      CHECK(window.reading(now).busy_share < 0.1);
      CHECK(window.reading(now).baseline > 450us * times * 0.9);
      CHECK(window.reading(now).baseline < 450us * times * 1.1);
      // And faster again.
      probe(1, every, 30s);
      CHECK(window.reading(now).busy_share < 0.1);
    }
  }
}

TEST_CASE("a loop that comes to be saturated is not taken for one on a slower machine") {
  for (const Duration piece : {Duration{1ms}, Duration{4ms}, Duration{50ms}}) {
    CAPTURE(piece.count());
    ProbeWindow window(30s);
    TimePoint now = kStart;
    read(window, Loop(0.1, 1ms), 200, now);
    // One piece after the other, and a queue of some.
    std::mt19937 random{11};
    std::uniform_real_distribution<double> wait{0, 8.0 * static_cast<double>(piece.count())};
    for (int i = 0; i < 1000; ++i) {
      const Duration delay = 400us + Duration{static_cast<std::int64_t>(wait(random))};
      window.add(now += 250ms, delay, true, 250ms);
      if (i > 120) REQUIRE(window.reading(now).busy_share > 0.7);
    }
  }
}

TEST_CASE("a queue that hardly changes is not taken for a slower machine either") {
  for (const auto& [queue, piece] : {std::pair{300e6, 4e6}, {1e6, 1e6}, {2e6, 1e6}, {20e6, 4e6}}) {
    CAPTURE(queue);
    ProbeWindow window(30s);
    TimePoint now = kStart;
    read(window, Loop(0.1, 1ms), 200, now);
    std::mt19937 random{13};
    std::uniform_real_distribution<double> wait{queue, queue + piece};
    for (int i = 0; i < 1000; ++i) {
      window.add(now += 250ms, Duration{static_cast<std::int64_t>(400e3 + wait(random))}, true,
                 250ms);
      if (i > 120) REQUIRE(window.reading(now).busy_share == 1.0);
    }
  }
}

TEST_CASE("one fast answer among the first makes no backend look busy") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  read(window, Loop(0.0, 1ms), 9, now);
  window.add(now += 250ms, 80us, true, 1s);
  for (int i = 0; i < 60; ++i) {
    CHECK(read(window, Loop(0.0, 1ms), 1, now).busy_share < 0.2);
  }
}

TEST_CASE("probes that would have met an answer on its way make no idle loop busy") {
  // As one draws them that answers after so long: another zone, or a page that is made.
  for (const Duration calm : {Duration{450us}, Duration{6ms}, Duration{20ms}, Duration{50ms}}) {
    CAPTURE(calm.count());
    ProbeWindow window(30s);
    std::mt19937 random{2};
    std::exponential_distribution<double> gap{1.0};
    std::normal_distribution<double> noise{1.0, 0.03};
    const auto draw = [&] { return 5ms + Duration{static_cast<std::int64_t>(1e9 * gap(random))}; };
    TimePoint next = kStart;
    while (next < kStart + 20min) {
      const TimePoint sent = next;
      const Duration took{
          static_cast<std::int64_t>(static_cast<double>(calm.count()) * noise(random))};
      window.add(sent, took, true, 1s);
      for (next = sent + draw(); next < sent + took; next += draw()) {
        window.add_unsent(next, sent + took - next, true, 1s);
      }
      if (sent > kStart + 1min) REQUIRE(window.reading(sent + took).busy_share < 0.2);
    }
    CHECK(window.reading(next).tally.share() < 0.03);
    CHECK(window.reading(next).baseline > calm * 0.9);
  }
}

TEST_CASE("one fast answer makes no calm loop busy") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  read(window, Loop(0.0, 1ms), 100, now);
  window.add(now += 250ms, 80us, true, 1s);
  CHECK(read(window, Loop(0.0, 1ms), 20, now).busy_share < 0.1);
}

TEST_CASE("probes that would have gone out while one waits have waited too") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  read(window, Loop(0.0, 1ms), 100, now);
  now += 30s;
  for (int i = 0; i < 10; ++i) {
    now += 1s;
    window.add(now, 500ms, true, 250ms);
    window.add_unsent(now + 200ms, 300ms, true, 250ms);
  }
  CHECK(window.reading(now + 1s).busy_share == 1.0);
}

TEST_CASE("the share is one of time, however often probes went out") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  for (int i = 0; i < 40; ++i) window.add(now += 250ms, 400us + i % 3 * 10us, true, 250ms);
  for (int i = 0; i < 30; ++i) window.add(now += 100ms, Duration{5ms} + i * 1ms, true, 100ms);
  for (int i = 0; i < 9; ++i) window.add(now += 1s, 400us + i % 3 * 10us, true, 1s);
  CHECK(window.reading(now).busy_share == doctest::Approx(3.0 / 22).epsilon(0.02));
}

TEST_CASE("what is older than the span counts no more") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  read(window, Loop(0.9, 4ms), 100, now);
  CHECK(window.reading(now).samples == 100);
  CHECK(window.reading(now + 1min).samples == 0);
  CHECK(window.reading(now + 1min).confidence == 0.0);
  const ProbeReading later = read(window, Loop(0.0, 1ms), 120, now);
  CHECK(later.busy_share < 0.2);
}

TEST_CASE("few samples, wide peaks and times that are not exact are trusted less") {
  const auto confidence = [](int samples, Duration baseline, bool exact) {
    ProbeWindow window(1h);
    TimePoint now = kStart;
    for (int i = 0; i < samples; ++i)
      window.add(now += 1s, baseline + baseline / 20 * (i % 3), exact, 1s);
    return window.reading(now).confidence;
  };
  CHECK(confidence(3, 500us, true) < confidence(30, 500us, true));
  CHECK(confidence(30, 100ms, true) < confidence(30, 500us, true));
  CHECK(confidence(30, 500us, false) < confidence(30, 500us, true));
  CHECK(confidence(100, 500us, true) > 0.8);
}

TEST_CASE("the window is bounded") {
  ProbeWindow window(1h);
  TimePoint now = kStart;
  for (std::size_t i = 0; i < 3 * ProbeWindow::kSamples; ++i) window.add(now += 1ms, 1ms, true, 1s);
  CHECK(window.reading(now).samples == ProbeWindow::kSamples);
}

TEST_CASE("a loop that is never idle does not come to look idle") {
  // On a machine whose calm delays are too wide for a peak, one piece of work after the other.
  std::mt19937 random{3};
  std::uniform_real_distribution<double> calm{300e3, 600e3};
  std::uniform_real_distribution<double> wait{0, 9e6};
  ProbeWindow window(30s);
  TimePoint now = kStart;
  const auto add = [&](double delay) {
    window.add(now += 250ms, Duration{static_cast<std::int64_t>(delay)}, true, 250ms);
  };
  for (int i = 0; i < 24; ++i) add(calm(random));
  for (int i = 0; i < 120; ++i) add(calm(random) + wait(random));
  const BusyTally before = window.reading(now).tally;
  for (int i = 0; i < 1200; ++i) {
    add(calm(random) + wait(random));
    REQUIRE(window.reading(now).busy_share > 0.75);
  }
  const BusyTally after = window.reading(now).tally - before;
  CHECK(after.busy > 0.85 * after.seconds);
}

TEST_CASE("the tally counts each probe by the time it stands for") {
  ProbeWindow window(30s);
  TimePoint now = kStart;
  for (int i = 0; i < 40; ++i) window.add(now += 1s, 400us, true, 1s);
  const BusyTally calm = window.reading(now).tally;
  CHECK(calm.seconds == doctest::Approx(40));
  CHECK(calm.busy == 0);
  CHECK(calm.worth() == doctest::Approx(40));
  // Four times as many while it is busy say no more of how long it was busy.
  for (int i = 0; i < 40; ++i) window.add(now += 250ms, i % 2 == 0 ? 5ms : 400us, true, 250ms);
  const BusyTally busy = window.reading(now).tally - calm;
  CHECK(busy.seconds == doctest::Approx(10));
  CHECK(busy.busy == doctest::Approx(5));
  CHECK(busy.worth() == doctest::Approx(40));
}

}  // namespace pinion::balance
