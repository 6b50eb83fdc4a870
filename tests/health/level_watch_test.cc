#include "health/level_watch.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <functional>
#include <memory>

#include "balance/explain.h"
#include "balance/registry.h"
#include "uv/listen_socket.h"
#include "uv/run_until.h"

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using balance::Level;
using balance::Limit;
using uv::test::run_until;

struct Watched {
  uv::OwnedFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  log::Logger log{{.fd = null.get()}};
  uv::Loop loop;
  balance::Registry registry;
  LevelWatch levels{loop, log};
  balance::Backend& backend = *registry.find_or_add(
      {.pool_name = "chat", .name = "b", .address = *SocketAddress::from_ip("127.0.0.1", 1)});

  void limit(const config::Thresholds& thresholds, Duration recovery = 30s) {
    auto set = std::make_shared<balance::BackendSet>();
    set->backends.push_back(&backend);
    set->thresholds = thresholds;
    set->recovery = recovery;
    levels.watch({set});
  }
  void tell_delay(Duration wait) {
    loop.update_now();
    backend.set_probe_reading({.wait = wait, .confidence = 1, .samples = 50, .at = loop.now()});
  }
  /// By something that is measured, from now on.
  bool is_full() {
    tell_delay(300ms);
    return becomes(Level::full, Limit::loop_delay);
  }
  bool is_calm_again() {
    tell_delay(0ms);
    return becomes(Level::calm, Limit::none);
  }
  bool becomes(Level level, Limit by) {
    return run_until(loop, [&] { return backend.standing() == balance::Standing{level, by}; });
  }
};

}  // namespace

TEST_CASE("a backend hears of its level, when it rises and when it falls") {
  Watched w;
  w.limit({.busy = {.inflight = 1}, .full = {.inflight = 2}});
  balance::InflightHold one(w.backend);
  CHECK(w.becomes(Level::busy, Limit::inflight));
  balance::InflightHold two(w.backend);
  CHECK(w.becomes(Level::full, Limit::inflight));
  CHECK(w.backend.is_full());
  one.release();
  two.release();
  CHECK(w.becomes(Level::calm, Limit::none));
  CHECK(w.backend.level_changes() >= 3);
}

TEST_CASE(
    "one that nobody watches any more is calm, and is not said to have been full when it is back") {
  Watched w;
  w.limit({.full = {.inflight = 1}});
  balance::InflightHold one(w.backend);
  CHECK(w.becomes(Level::full, Limit::inflight));
  w.levels.watch({});
  CHECK(w.backend.standing() == balance::Standing{});
  w.limit({.busy = {.inflight = 1}, .full = {.inflight = 2}});
  CHECK(w.becomes(Level::busy, Limit::inflight));
  CHECK_FALSE(w.backend.pace().careful(w.loop.now(), 0));
}

TEST_CASE("what few probes tell makes nobody full") {
  Watched w;
  w.limit({.busy = {.inflight = 1}, .full = {.loop_delay = 100ms, .busy_share = 50}});
  const auto tell = [&](std::uint32_t samples, double confidence) {
    w.backend.set_probe_reading({.busy_share = 0.9,
                                 .wait = 300ms,
                                 .confidence = confidence,
                                 .samples = samples,
                                 .at = w.loop.now()});
  };
  // The other limit shows when it was looked at.
  const balance::InflightHold one(w.backend);
  tell(4, 0.1);
  CHECK(w.becomes(Level::busy, Limit::inflight));
  tell(5, 0.1);
  CHECK(w.becomes(Level::full, Limit::loop_delay));
  w.limit({.full = {.busy_share = 50}});
  CHECK(w.becomes(Level::calm, Limit::none));
  tell(50, 0.2);
  CHECK(w.becomes(Level::full, Limit::busy_share));
}

TEST_CASE("one that was full by what is measured gets its next sessions one by one") {
  Watched w;
  balance::Pace& pace = w.backend.pace();
  std::vector<balance::Reservation> sessions;
  for (int i = 0; i < 100; ++i) {
    REQUIRE(w.backend.try_reserve(w.backend.assigned()));
    sessions.emplace_back(w.backend);
  }
  w.limit({.full = {.sessions = 100}});
  CHECK(w.becomes(Level::full, Limit::sessions));
  w.limit({});
  CHECK(w.becomes(Level::calm, Limit::none));
  CHECK(pace.in_force(w.loop.now(), 0) == 0);

  const auto is_full_for_a_while = [&](const std::function<void()>& meanwhile) {
    w.limit({.full = {.loop_delay = 100ms}});
    CHECK(w.is_full());
    meanwhile();
    CHECK(w.is_calm_again());
  };
  // Another process has nothing of what the former one had.
  is_full_for_a_while([&] {
    w.backend.health().connect_failed(w.loop.now());
    CHECK(w.backend.health().answered(w.loop.now()));
  });
  CHECK_FALSE(pace.careful(w.loop.now(), 0));
  is_full_for_a_while([&] { sessions.resize(10); });
  // A fiftieth a second of what it has, for half a minute.
  CHECK(pace.in_force(w.loop.now(), 0) == 2);
  CHECK(pace.in_force(w.loop.now(), 1) == 1);
  CHECK(pace.in_force(w.loop.now() + 31s, 0) == 0);
  CHECK(pace.take(w.loop.now(), 0));
  CHECK_FALSE(pace.ready(w.loop.now(), 0));
  CHECK(balance::explain(w.backend, 0, w.loop.now()) ==
        "was full a moment ago: at most 2 sessions a second for now");
}

TEST_CASE("one that was full by what is counted as it is gets its next sessions at once") {
  Watched w;
  SUBCASE("by requests in flight") {
    balance::InflightHold one(w.backend);
    w.limit({.full = {.inflight = 1}});
    CHECK(w.becomes(Level::full, Limit::inflight));
    one.release();
  }
  SUBCASE("by bytes that wait for it, not by those that wait for clients") {
    w.limit({.full = {.queued_bytes = 1000}});
    w.backend.queue_changed(999, 1);
    int turns = 0;
    CHECK(run_until(w.loop, [&] { return ++turns > 300; }));
    CHECK_FALSE(w.backend.is_full());
    w.backend.queue_changed(1, -1);
    CHECK(w.becomes(Level::full, Limit::queued_bytes));
    w.backend.queue_changed(-1000, 0);
  }
  CHECK(w.becomes(Level::calm, Limit::none));
  CHECK_FALSE(w.backend.pace().careful(w.loop.now(), 0));
}

TEST_CASE("one that was full gets two sessions a second at least, and another process all") {
  Watched w;
  const balance::Pace& pace = w.backend.pace();
  w.limit({.full = {.loop_delay = 100ms}});
  CHECK(w.is_full());
  CHECK(w.is_calm_again());
  CHECK(pace.in_force(w.loop.now(), 0) == 2);
  // The same one, after a stall.
  balance::Health& health = w.backend.health();
  while (health.up()) (void)health.failed(balance::Fault::timeout, w.loop.now());
  CHECK(health.answered(w.loop.now()));
  int turns = 0;
  CHECK(run_until(w.loop, [&] { return ++turns > 300; }));
  CHECK(pace.careful(w.loop.now(), 0));
  health.connect_failed(w.loop.now());
  CHECK(health.first_refusal());
  CHECK(health.answered(w.loop.now() + balance::Health::kFirstHold));
  CHECK(run_until(w.loop, [&] { return !pace.careful(w.loop.now(), 0); }));
  CHECK(pace.in_force(w.loop.now(), 0) == 0);
}

TEST_CASE("one that was full takes at once what comes, where the config says so") {
  Watched w;
  w.limit({.full = {.loop_delay = 100ms}}, 0s);
  CHECK(w.is_full());
  CHECK(w.is_calm_again());
  CHECK_FALSE(w.backend.pace().careful(w.loop.now(), 0));
}

TEST_CASE("what probes tell counts while it is new") {
  Watched w;
  w.limit({.busy = {.busy_share = 50}, .full = {.loop_delay = 200ms}});
  w.loop.update_now();
  w.backend.set_probe_reading({.busy_share = 0.6,
                               .wait = 300ms,
                               .confidence = 1.0,
                               .samples = 50,
                               .at = w.loop.now() - 11s});
  int turns = 0;
  CHECK(run_until(w.loop, [&] { return ++turns > 300; }));
  CHECK(w.backend.standing().level == Level::calm);
  w.backend.set_probe_reading(
      {.busy_share = 0.6, .wait = 100ms, .confidence = 1.0, .samples = 50, .at = w.loop.now()});
  CHECK(w.becomes(Level::busy, Limit::busy_share));
  w.backend.set_probe_reading(
      {.busy_share = 0.6, .wait = 300ms, .confidence = 1.0, .samples = 50, .at = w.loop.now()});
  CHECK(w.becomes(Level::full, Limit::loop_delay));
}

TEST_CASE("a probe that is still out counts for as long as it has waited") {
  Watched w;
  w.limit({.busy = {}, .full = {.loop_delay = 200ms}});
  w.loop.update_now();
  const TimePoint now = w.loop.now();
  w.backend.set_probe_reading({.busy_share = 0.1, .confidence = 1.0, .samples = 50, .at = now});
  w.backend.set_probe_out(now);
  CHECK(w.becomes(Level::full, Limit::loop_delay));
  CHECK(w.loop.now() - now >= 200ms);
}

TEST_CASE("a loop that stands still for longer than measurements are believed stays full") {
  Watched w;
  w.limit({.busy = {}, .full = {.loop_delay = 200ms}});
  w.loop.update_now();
  const TimePoint began = w.loop.now() - 15s;
  w.backend.set_probe_reading({.busy_share = 0.1, .confidence = 1.0, .samples = 50, .at = began});
  w.backend.set_probe_out(began);
  CHECK(w.becomes(Level::full, Limit::loop_delay));
  w.backend.set_probe_out({});
  CHECK(w.becomes(Level::calm, Limit::none));
}

TEST_CASE("the limit of sessions is told to the backend at once, and taken back") {
  Watched w;
  w.limit({.busy = {}, .full = {.sessions = 1}});
  CHECK(w.backend.try_reserve(w.backend.assigned()));
  CHECK_FALSE(w.backend.try_reserve(w.backend.assigned()));
  w.limit({});
  CHECK(w.backend.try_reserve(w.backend.assigned()));
  w.backend.release_reservation();
  w.backend.release_reservation();
}

}  // namespace pinion::health
