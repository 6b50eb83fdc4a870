#include "balance/health.h"

#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <thread>
#include <vector>

namespace pinion::balance {
namespace {

constexpr TimePoint kStart = TimePoint{} + std::chrono::hours{1};

}  // namespace

TEST_CASE("a backend goes down with the first failure and up with the first success") {
  Health health;
  CHECK(health.up());
  CHECK_FALSE(health.connected());
  CHECK(health.connect_failed(kStart));
  CHECK_FALSE(health.up());
  CHECK(health.connected());
  CHECK(health.up());
  CHECK_FALSE(health.connected());
}

TEST_CASE("a silent backend is up, and silent until it answers, however often it is connected to") {
  Health health;
  CHECK_FALSE(health.silent());
  CHECK_FALSE(health.answered());
  CHECK(health.fell_silent());
  CHECK_FALSE(health.fell_silent());
  CHECK(health.up());
  health.connect_failed(kStart);
  health.connected();
  CHECK(health.silent());
  CHECK(health.answered());
  CHECK_FALSE(health.silent());
  CHECK_FALSE(health.answered());
}

TEST_CASE("the time to the next try doubles up to its bound, and starts anew after a success") {
  Health health;
  TimePoint now = kStart;
  Duration expected = Health::kFirstRetry;
  for (int i = 0; i < 100; ++i) {
    CHECK(health.connect_failed(now) == (i == 0));
    CHECK(health.retry_at() == now + expected);
    now = health.retry_at();
    expected = std::min(expected * 2, Health::kLongestRetry);
  }
  CHECK(health.connected());
  health.connect_failed(now);
  CHECK(health.retry_at() == now + Health::kFirstRetry);
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

TEST_CASE("a suspicion is taken once") {
  Health health;
  CHECK_FALSE(health.take_suspicion());
  health.suspect();
  health.suspect();
  CHECK(health.up());
  CHECK(health.take_suspicion());
  CHECK_FALSE(health.take_suspicion());
}

}  // namespace pinion::balance
