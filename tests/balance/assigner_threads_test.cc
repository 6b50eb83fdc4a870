// What many workers assign at the same time must come out as if one had done it.
#include <doctest/doctest.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <thread>

#include "backends.h"
#include "balance/assigner.h"
#include "support/start.h"

namespace pinion::balance {
namespace {

using pinion::test::kStart;

using config::Balance;
using test::Backends;

// Has `threads` workers assign `total` sessions as fast as they can. @returns what they hold
std::vector<Reservation> burst(const BackendSet& set, unsigned threads, unsigned total) {
  SharedTurns turns{1};
  std::barrier start{static_cast<std::ptrdiff_t>(threads)};
  std::vector<std::vector<Reservation>> held(threads);
  std::vector<std::thread> workers;
  workers.reserve(threads);
  for (unsigned t = 0; t < threads; ++t) {
    workers.emplace_back([&, t] {
      Assigner assigner(turns, t + 1);
      const unsigned share = total / threads + (t < total % threads ? 1 : 0);
      start.arrive_and_wait();
      for (unsigned i = 0; i < share; ++i) {
        held[t].push_back(assigner.assign_session(set, {}, kStart).reservation);
      }
    });
  }
  for (std::thread& worker : workers) worker.join();
  std::vector<Reservation> all;
  for (auto& part : held) {
    for (auto& one : part) all.push_back(std::move(one));
  }
  return all;
}

int reserved(const Backend& backend) { return static_cast<int>(backend.assigned().reserved); }

}  // namespace

TEST_CASE("a burst over two idle backends lands half and half for any number of workers") {
  for (const Balance balance :
       {Balance::least_load, Balance::least_sessions, Balance::round_robin}) {
    for (const unsigned threads : {1U, 2U, 4U, 8U}) {
      for (int round = 0; round < 20; ++round) {
        CAPTURE(static_cast<int>(balance));
        CAPTURE(threads);
        Backends b;
        b.add();
        b.add();
        const BackendSet set = b.set(balance);
        const auto held = burst(set, threads, 100);
        REQUIRE(reserved(b[0]) + reserved(b[1]) == 100);
        REQUIRE(std::abs(reserved(b[0]) - 50) <= 1);
      }
    }
  }
}

TEST_CASE("a burst follows the weights") {
  for (const Balance balance :
       {Balance::least_load, Balance::least_sessions, Balance::round_robin}) {
    for (const unsigned threads : {1U, 4U}) {
      CAPTURE(static_cast<int>(balance));
      Backends b;
      b.add(2);
      b.add(1);
      const auto held = burst(b.set(balance), threads, 99);
      CHECK(std::abs(reserved(b[0]) - 66) <= 1);
      CHECK(reserved(b[0]) + reserved(b[1]) == 99);
    }
  }
}

TEST_CASE("a turn of round robin is not lost when workers meet at one backend") {
  Backends b;
  b.add();
  b.add();
  const auto held = burst(b.set(Balance::round_robin), 4, 40'000);
  CHECK(std::abs(reserved(b[0]) - 20'000) <= 1);
}

TEST_CASE("max_sessions is never exceeded, whoever assigns") {
  for (const Balance balance :
       {Balance::least_load, Balance::least_sessions, Balance::round_robin, Balance::random_two}) {
    Backends b;
    b.add(1, 7);
    b.add(5, 3);
    b.add(1, 11);
    const BackendSet set = b.set(balance);
    std::atomic<bool> stop{false};
    std::atomic<bool> exceeded{false};
    std::thread watcher([&] {
      while (!stop) {
        for (const Backend* backend : set.backends) {
          if (backend->assigned().total() > backend->identity().max_sessions) exceeded = true;
        }
      }
    });
    auto held = burst(set, 8, 200);
    stop = true;
    watcher.join();
    CHECK_FALSE(exceeded);
    std::erase_if(held, [](const Reservation& one) { return !one; });
    CHECK(held.size() == 7 + 3 + 11);
    CHECK(reserved(b[0]) == 7);
    CHECK(reserved(b[1]) == 3);
    CHECK(reserved(b[2]) == 11);
  }
}

TEST_CASE("counts are zero again after workers came and went") {
  Backends b;
  for (int i = 0; i < 3; ++i) b.add();
  const BackendSet set = b.set(Balance::least_load);
  SharedTurns turns{1};
  std::vector<std::thread> workers;
  workers.reserve(4);
  for (unsigned t = 0; t < 4; ++t) {
    workers.emplace_back([&, t] {
      Assigner assigner(turns, t);
      Random random{t};
      std::vector<Backend*> live;
      for (int i = 0; i < 3000; ++i) {
        auto assigned = assigner.assign_session(set, {}, kStart);
        if (random() % 2 == 0) live.push_back(assigned.reservation.confirm(false));
        if (!live.empty() && random() % 2 == 0) {
          live.back()->session_ended(false);
          live.pop_back();
        }
      }
      for (Backend* backend : live) backend->session_ended(false);
    });
  }
  for (std::thread& worker : workers) worker.join();
  for (const Backend* backend : set.backends) CHECK(backend->assigned().total() == 0);
}

}  // namespace pinion::balance
