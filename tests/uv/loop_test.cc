// The loop itself, and the small things on it: timers, mailboxes, names.
#include "uv/loop.h"

#include <doctest/doctest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <thread>

#include "run_until.h"
#include "ticks.h"
#include "uv/mailbox.h"
#include "uv/resolver.h"
#include "uv/timer.h"

namespace pinion::uv {
namespace {

using namespace std::chrono_literals;
using test::run_until;
using test::Ticks;

struct Turns final : Loop::AfterTurn {
  bool after_turn() noexcept override {
    ++count;
    return count < more_until;
  }
  int count = 0;
  int more_until = 0;
};

}  // namespace

TEST_CASE("a loop without handles does not run, and ends clean") {
  Loop loop;
  loop.run();
  CHECK(loop.scratch() != nullptr);
}

TEST_CASE("time stands still within a turn") {
  Loop loop;
  const TimePoint before = loop.now();
  std::this_thread::yield();
  CHECK(loop.now() == before);
  CHECK(run_until(loop, [&] { return loop.now() > before; }));
  CHECK(loop.now() - monotonic_now() < 1s);
}

TEST_CASE("the hook runs once a turn") {
  Loop loop;
  Turns turns;
  loop.set_after_turn(&turns);
  const std::uint32_t from = loop.turn();
  CHECK(run_until(loop, [&] { return turns.count >= 5; }));
  CHECK(loop.turn() - from == static_cast<std::uint32_t>(turns.count));
  loop.set_after_turn(nullptr);
}

TEST_CASE("a hook that has more to do is not kept waiting, and one that has not is") {
  Loop loop;
  Turns turns;
  turns.more_until = 10;
  loop.set_after_turn(&turns);
  Ticks ticks;
  Timer timer(loop, ticks);
  timer.start(2s, 2s);
  loop.run_once(Loop::Wait::none);
  while (turns.count < 10) loop.run_once();
  CHECK(ticks.count == 0);
  loop.run_once();
  CHECK(ticks.count == 1);
  loop.set_after_turn(nullptr);
}

TEST_CASE("a loop that dies before its handles aborts") {
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    // What it says on the way is expected, and no news to whoever reads the tests.
    (void)std::freopen("/dev/null", "w", stderr);
    std::signal(SIGABRT, SIG_DFL);
    uv_timer_t left{};
    {
      Loop loop;
      uv_timer_init(loop.raw(), &left);
    }
    ::_exit(0);
  }
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));
}

TEST_CASE("a timer fires after its time, again, and not after stop") {
  Loop loop;
  Ticks ticks;
  Timer timer(loop, ticks);
  ticks.timer = &timer;
  ticks.stop_at = 3;
  const TimePoint before = loop.now();
  timer.start(5ms, 2ms);
  CHECK(run_until(loop, [&] { return ticks.count == 3; }));
  CHECK(loop.now() - before >= 9ms);
  CHECK(run_until(loop, [&] { return loop.now() - before > 30ms; }));
  CHECK(ticks.count == 3);
}

TEST_CASE("a timer without period fires once, and a dead one never") {
  Loop loop;
  Ticks once;
  Ticks never;
  Timer timer(loop, once);
  timer.start(1ms, 0ms);
  {
    Timer dead(loop, never);
    dead.start(1ms, 1ms);
  }
  const TimePoint before = loop.now();
  CHECK(run_until(loop, [&] { return loop.now() - before > 20ms; }));
  CHECK(once.count == 1);
  CHECK(never.count == 0);
}

TEST_CASE("a mailbox runs what many threads post, each thread's in order") {
  Loop loop;
  Mailbox mailbox(loop);
  constexpr int kThreads = 4;
  constexpr int kEach = 1000;
  std::vector<std::vector<int>> seen(kThreads);
  int total = 0;
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (int i = 0; i < kEach; ++i) {
        mailbox.post([&, t, i] {
          seen[t].push_back(i);
          ++total;
        });
      }
    });
  }
  CHECK(run_until(loop, [&] { return total == kThreads * kEach; }));
  for (std::thread& thread : threads) thread.join();
  for (const auto& one : seen) CHECK(std::is_sorted(one.begin(), one.end()));
}

TEST_CASE("a task may post the next, and stop the loop") {
  Loop loop;
  Mailbox mailbox(loop);
  int count = 0;
  const std::function<void()> step = [&] {
    if (++count < 10) {
      mailbox.post(step);
    } else {
      loop.stop();
    }
  };
  std::thread poster([&] { mailbox.post(step); });
  loop.run();
  poster.join();
  CHECK(count == 10);
}

TEST_CASE("tasks that were not run are dropped with their mailbox") {
  Loop loop;
  const auto held = std::make_shared<int>(1);
  {
    Mailbox mailbox(loop);
    mailbox.post([held] { FAIL("the mailbox is gone"); });
  }
  CHECK(run_until(loop, [&] { return held.use_count() == 1; }));
}

TEST_CASE("localhost is resolved, with the port, each address once") {
  Loop loop;
  Resolver resolver(loop);
  std::vector<std::string> found;
  bool answered = false;
  resolver.resolve("localhost", 4321, [&](const auto& addresses, const char* error) {
    answered = true;
    CHECK(error == nullptr);
    for (const auto& address : addresses) found.push_back(address.to_string());
  });
  CHECK(run_until(loop, [&] { return answered; }));
  REQUIRE_FALSE(found.empty());
  for (const auto& address : found) {
    CHECK((address == "127.0.0.1:4321" || address == "[::1]:4321"));
    CHECK(std::count(found.begin(), found.end(), address) == 1);
  }
}

TEST_CASE("a name that does not exist is an error in words") {
  Loop loop;
  Resolver resolver(loop);
  std::string why;
  resolver.resolve("no-such-name.invalid", 1, [&](const auto& addresses, const char* error) {
    CHECK(addresses.empty());
    REQUIRE(error != nullptr);
    why = error;
  });
  CHECK(run_until(loop, [&] { return !why.empty(); }));
}

TEST_CASE("an answer that comes after its resolver has died is dropped") {
  Loop loop;
  const auto held = std::make_shared<int>(1);
  {
    Resolver resolver(loop);
    resolver.resolve("localhost", 1, [held](const auto&, const char*) { FAIL("nobody asks"); });
  }
  CHECK(run_until(loop, [&] { return held.use_count() == 1; }));
}

TEST_CASE("an error is told in words, also one that nobody knows") {
  CHECK(std::string_view{describe(UV_ECONNREFUSED)} == "connection refused");
  // The leak checker would tell if these words were allocated.
  CHECK_FALSE(std::string_view{describe(-123456)}.empty());
}

}  // namespace pinion::uv
