#include "balance/health.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

#include "support/start.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using pinion::test::kStart;

/// Lets it answer until it is up. @returns how long that took
Duration come_back(Health& health, TimePoint& now) {
  const TimePoint began = now;
  while (!health.up()) {
    now = std::max(health.retry_at(), now);
    health.answered(now);
  }
  return now - began;
}

}  // namespace

TEST_CASE("a backend goes down with the first connect that fails") {
  Health health;
  health.set_rules(2, 3);
  CHECK(health.up());
  CHECK_FALSE(health.answered(kStart));
  CHECK(health.connect_failed(kStart));
  CHECK_FALSE(health.up());
  CHECK(health.fault() == Fault::connect);
}

TEST_CASE("a backend comes up after so many good answers in a row") {
  Health health;
  health.set_rules(3, 3);
  health.connect_failed(kStart);
  CHECK_FALSE(health.answered(kStart + 1s));
  CHECK_FALSE(health.answered(kStart + 2s));
  CHECK_FALSE(health.connect_failed(kStart + 3s));
  CHECK_FALSE(health.answered(kStart + 4s));
  CHECK_FALSE(health.answered(kStart + 5s));
  CHECK_FALSE(health.up());
  CHECK(health.answered(kStart + 6s));
  CHECK(health.up());
  CHECK(health.fault() == Fault::none);
  CHECK_FALSE(health.answered(kStart + 7s));
}

TEST_CASE("other faults count in a row only") {
  Health health;
  health.set_rules(2, 3);
  CHECK_FALSE(health.failed(Fault::timeout, kStart));
  CHECK_FALSE(health.failed(Fault::timeout, kStart));
  CHECK(health.up());
  health.answered(kStart);
  CHECK_FALSE(health.failed(Fault::timeout, kStart));
  CHECK_FALSE(health.failed(Fault::closed, kStart));
  CHECK(health.up());
  CHECK(health.failed(Fault::status, kStart));
  CHECK_FALSE(health.up());
  CHECK(health.fault() == Fault::status);
  CHECK_FALSE(health.failed(Fault::status, kStart + 1s));
}

TEST_CASE("connects that time out count in a row, until one is taken") {
  Health health;
  health.set_rules(1, 3);
  TimePoint now = kStart;
  const auto time_out = [&] {
    now += 300ms;
    return health.connect_timed_out(now);
  };
  CHECK_FALSE(time_out());
  CHECK_FALSE(time_out());
  CHECK(health.misses_connects());
  health.connected();
  CHECK_FALSE(health.misses_connects());
  CHECK_FALSE(time_out());
  CHECK_FALSE(time_out());
  // Connections from before say nothing of that, be it by probes or by requests.
  CHECK_FALSE(health.answered(now));
  CHECK_FALSE(health.request_answered(now));
  CHECK(time_out());
  CHECK(health.fault() == Fault::connect_timeout);
  CHECK(health.cannot_be_reached());
  CHECK_FALSE(health.request_answered(now + 1min));
  health.connected();
  CHECK(health.request_answered(now + 1min));
  CHECK_FALSE(health.misses_connects());
}

TEST_CASE("connects that time out in the same moment are one fault, and add to those of probes") {
  Health health;
  health.set_rules(1, 3);
  for (int i = 0; i < 100; ++i) CHECK_FALSE(health.connect_timed_out(kStart + 1ms * i));
  CHECK_FALSE(health.failed(Fault::timeout, kStart + 1s));
  CHECK(health.failed(Fault::timeout, kStart + 2s));
}

TEST_CASE("502s count in a row of requests, whatever probes say between them") {
  Health health;
  health.set_rules(1, 3);
  const auto bad_gateway = [&](Duration after) {
    return health.failed(Fault::bad_gateway, kStart + after);
  };
  CHECK_FALSE(bad_gateway(0s));
  CHECK_FALSE(bad_gateway(0s));
  (void)health.request_answered(kStart);
  CHECK_FALSE(bad_gateway(0s));
  CHECK_FALSE(bad_gateway(0s));
  CHECK_FALSE(health.answered(kStart));
  CHECK(bad_gateway(0s));
  CHECK(health.fault() == Fault::bad_gateway);
  // What was before it came back counts no more.
  CHECK(health.answered(kStart + 1s));
  CHECK_FALSE(bad_gateway(2s));
  CHECK_FALSE(bad_gateway(2s));
  CHECK(bad_gateway(2s));
}

TEST_CASE(
    "a silent backend is up, and silent until it is heard, however often it is connected to") {
  Health health;
  health.set_rules(1, 3);
  CHECK_FALSE(health.silent());
  CHECK_FALSE(health.heard());
  CHECK(health.fell_silent());
  CHECK_FALSE(health.fell_silent());
  CHECK(health.up());
  health.connect_failed(kStart);
  health.answered(kStart + 1s);
  CHECK(health.silent());
  CHECK(health.heard());
  CHECK_FALSE(health.silent());
  CHECK_FALSE(health.heard());
}

TEST_CASE(
    "one that fails handshakes in a row gets one to try by and by, until it opens a session") {
  Health health;
  health.set_rules(1, 3);
  CHECK_FALSE(health.handshake_answered(true, kStart));
  CHECK_FALSE(health.handshake_answered(true, kStart));
  CHECK_FALSE(health.handshake_answered(false, kStart));
  for (int i = 0; i < 2; ++i) CHECK_FALSE(health.handshake_answered(true, kStart));
  CHECK_FALSE(health.fails_handshakes());
  CHECK(health.handshake_answered(true, kStart));
  CHECK(health.fails_handshakes());
  CHECK(health.up());
  // What else it answers says nothing.
  health.answered(kStart);
  health.heard();
  CHECK(health.fails_handshakes());

  TimePoint now = kStart;
  Duration pause = Health::kFirstHold;
  for (int i = 0; i < 20; ++i) {
    CHECK_FALSE(health.may_try_handshake(now + pause - 1ms));
    CHECK_FALSE(health.take_try(now + pause - 1ms));
    now += pause;
    CHECK(health.may_try_handshake(now));
    CHECK(health.take_try(now));
    CHECK_FALSE(health.take_try(now));
    CHECK_FALSE(health.handshake_answered(true, now));
    pause = std::min(pause * 2, Duration{Health::kLongestHold});
  }
  CHECK(health.handshake_answered(false, now));
  CHECK_FALSE(health.fails_handshakes());
  CHECK(health.may_try_handshake(now));
  CHECK(health.take_try(now));
}

TEST_CASE("who says itself that it is not fit is not taken to be so because it answers requests") {
  Health health;
  health.set_rules(2, 3);
  TimePoint now = kStart;
  for (int i = 0; i < 3; ++i, now += 1s) {
    CHECK(health.failed(Fault::status, now) == (i == 2));
    CHECK_FALSE(health.request_answered(now));
  }
  CHECK_FALSE(health.up());
  for (int i = 0; i < 10; ++i, now += 1s) CHECK_FALSE(health.request_answered(now));
  CHECK_FALSE(health.up());
  CHECK_FALSE(health.answered(now));
  CHECK(health.answered(now));
  CHECK(health.up());
}

TEST_CASE("a fault besides does not make fit who says that it is not") {
  Health health;
  health.set_rules(2, 3);
  for (int i = 0; i < 3; ++i) (void)health.failed(Fault::status, kStart);
  CHECK_FALSE(health.up());
  CHECK_FALSE(health.connect_failed(kStart + 10s));
  for (int i = 0; i < 5; ++i) CHECK_FALSE(health.request_answered(kStart + 20s));
  CHECK_FALSE(health.up());
}

TEST_CASE("answers to what was no handshake keep failures from being in a row, and no more") {
  Health health;
  health.set_rules(1, 3);
  for (int i = 0; i < 10; ++i) {
    CHECK_FALSE(health.handshake_answered(true, kStart));
    CHECK_FALSE(health.handshake_answered(true, kStart));
    health.handshake_refused();
  }
  for (int i = 0; i < 3; ++i) (void)health.handshake_answered(true, kStart);
  CHECK(health.fails_handshakes());
  health.handshake_refused();
  CHECK(health.fails_handshakes());
}

TEST_CASE("who was not reached is there again when it answers requests") {
  Health health;
  health.set_rules(2, 3);
  CHECK(health.connect_failed(kStart));
  CHECK_FALSE(health.request_answered(kStart + 1s));
  CHECK(health.request_answered(kStart + 2s));
  for (int i = 0; i < 8; ++i) {
    CHECK_FALSE(health.failed(Fault::timeout, kStart + 3s));
    CHECK_FALSE(health.request_answered(kStart + 3s));
  }
  CHECK(health.up());
}

TEST_CASE("who stops listening is not up because it still answers what it has") {
  Health health;
  health.set_rules(2, 3);
  CHECK(health.connect_failed(kStart));
  CHECK(health.cannot_be_reached());
  CHECK(health.first_refusal());
  for (int i = 1; i < 9; ++i) CHECK_FALSE(health.request_answered(kStart + i * 1s));
  CHECK(health.replaced() == 0);
  // A probe has reached it, the next one has not, though it is too soon for that to count.
  CHECK_FALSE(health.answered(kStart + 9s));
  CHECK_FALSE(health.connect_failed(kStart + 9s));
  CHECK_FALSE(health.answered(kStart + 10s));
  CHECK(health.answered(kStart + 11s));
  CHECK(health.replaced() == 1);
  CHECK_FALSE(health.cannot_be_reached());
}

TEST_CASE("who opens sessions again is known to have come back, though it was up") {
  Health health;
  health.set_rules(1, 1);
  CHECK(health.handshake_answered(true, kStart));
  CHECK(health.trusted_again() == 0);
  CHECK(health.handshake_answered(false, kStart));
  CHECK(health.trusted_again() == 1);
  CHECK_FALSE(health.handshake_answered(false, kStart));
  CHECK(health.fell_silent());
  CHECK(health.heard());
  CHECK_FALSE(health.heard());
  CHECK(health.trusted_again() == 2);
  CHECK(health.returns() == 0);
}

TEST_CASE("one that was down is trusted with handshakes again") {
  Health health;
  health.set_rules(1, 1);
  CHECK(health.handshake_answered(true, kStart));
  health.connect_failed(kStart);
  CHECK(health.fails_handshakes());
  CHECK(health.answered(kStart + 1s));
  CHECK_FALSE(health.fails_handshakes());
}

TEST_CASE("the time to the next try doubles up to its bound, and starts anew after a success") {
  Health health;
  health.set_rules(1, 3);
  TimePoint now = kStart;
  Duration expected = Health::kFirstRetry;
  for (int i = 0; i < 100; ++i) {
    CHECK(health.connect_failed(now) == (i == 0));
    CHECK(health.retry_at() == now + expected);
    now = health.retry_at();
    expected = std::min(expected * 2, Duration{Health::kLongestRetry});
  }
  CHECK(health.answered(now));
  health.connect_failed(now + 2 * Health::kSteady);
  CHECK(health.retry_at() == now + 2 * Health::kSteady + Health::kFirstRetry);
}

TEST_CASE("a backend that answers again is asked again soon") {
  Health health;
  health.set_rules(2, 3);
  TimePoint now = kStart;
  for (int i = 0; i < 10; ++i) {
    health.connect_failed(now);
    now = health.retry_at();
  }
  health.answered(now);
  CHECK(health.retry_at() == now + Health::kFirstRetry);
}

TEST_CASE("a backend that goes down again and again comes back by and by") {
  Health health;
  health.set_rules(2, 3);
  TimePoint now = kStart;
  std::vector<Duration> away;
  for (int i = 0; i < 10; ++i) {
    CHECK(health.connect_failed(now));
    away.push_back(come_back(health, now));
    now += 1s;
  }
  CHECK(away[0] < 1s);
  for (std::size_t i = 1; i < away.size(); ++i) {
    const Duration hold =
        std::min<Duration>(Health::kFirstHold * (1 << (i - 1)), Duration{Health::kLongestHold});
    CAPTURE(i);
    CHECK(away[i] >= hold);
    CHECK(away[i] <= hold + Health::kLongestRetry);
  }
  // One that was steady is trusted again.
  now += Health::kSteady;
  CHECK(health.connect_failed(now));
  CHECK(come_back(health, now) < 1s);
}

TEST_CASE("failures before the next try is due are one failure") {
  Health health;
  health.connect_failed(kStart);
  const TimePoint due = health.retry_at();
  for (int i = 0; i < 300; ++i) CHECK_FALSE(health.connect_failed(kStart + Duration{i}));
  CHECK(health.retry_at() == due);
  health.connect_failed(due);
  CHECK(health.retry_at() == due + 2 * Health::kFirstRetry);
}

TEST_CASE("many failures at once from many threads are one transition and one failure") {
  for (int round = 0; round < 200; ++round) {
    Health health;
    constexpr int kThreads = 8;
    std::barrier start{kThreads};
    std::atomic<int> transitions{0};
    std::vector<std::thread> threads;
    threads.reserve(kThreads);
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([&] {
        start.arrive_and_wait();
        if (health.connect_failed(kStart)) ++transitions;
      });
    }
    for (std::thread& thread : threads) thread.join();
    REQUIRE(transitions == 1);
    const TimePoint due = health.retry_at();
    REQUIRE(due == kStart + Health::kFirstRetry);
    health.connect_failed(due);
    REQUIRE(health.retry_at() == due + 2 * Health::kFirstRetry);
  }
}

TEST_CASE("a refusal is told once for each time that it is down") {
  Health health;
  health.connect_failed(kStart);
  CHECK(health.first_refusal());
  CHECK_FALSE(health.first_refusal());
  CHECK(health.answered(kStart + 1s));
  CHECK(health.first_refusal());
}

TEST_CASE("a suspicion is taken once") {
  Health health;
  CHECK_FALSE(health.take_suspicion());
  health.suspect();
  health.suspect();
  CHECK(health.up());
  CHECK(health.take_suspicion());
  CHECK_FALSE(health.take_suspicion());
}

TEST_CASE("each fault has its words") {
  for (const Fault fault : {Fault::connect, Fault::timeout, Fault::closed, Fault::status,
                            Fault::bad_answer, Fault::bad_gateway}) {
    CHECK_FALSE(describe(fault).empty());
  }
}

}  // namespace pinion::balance
