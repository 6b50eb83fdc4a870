#include <doctest/doctest.h>

#include <map>
#include <string>

#include "mover_stage.h"

namespace pinion {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::MoverStage;

constexpr Mover::Terms kOneATick{.per_second = 4, .patience = 60s};

}  // namespace

TEST_CASE("a pool is evened out, and no more are moved than are too many") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 10);
  CHECK(stage.mover->to_move(pool->backends, pool->balance, stage.now) ==
        std::vector<std::uint64_t>{5, 0});
  stage.mover->rebalance(*pool, kOneATick, kStart);
  for (TimePoint end = kStart + 250ms; end < kStart + 10s; end += 250ms) {
    stage.run_until(end);
    stage.come_back(1);
  }
  CHECK(stage.closed.size() == 5);
  CHECK(stage.live(0) == 5);
  CHECK(stage.live(1) == 5);
  CHECK_FALSE(stage.mover->progress(stage.backend(0).id()));
  CHECK(stage.count_in_log("pool has been evened out") == 1);
}

TEST_CASE("those who leave by themselves need not be moved") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 10);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  const std::size_t moved = stage.closed.size();
  CHECK(moved == 1);
  stage.come_back(1);
  stage.books.ledger.drop_backend(stage.backend(0).id());
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() == moved);
}

TEST_CASE("those who are closing already leave by themselves") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  for (int i = 0; i < 6; ++i) {
    const std::string sid = "s" + std::to_string(i);
    const auto serial = stage.books.open(sid, 0, true, kStart - 10min);
    if (i >= 2) continue;
    stage.books.ledger.publish({0, sid}, serial, {}, {.condition = session::Condition::closing},
                               kStart - 10min);
  }
  CHECK(stage.mover->to_move(pool->backends, pool->balance, stage.now) ==
        std::vector<std::uint64_t>{1, 0});
}

TEST_CASE("who closes slowly and is back already leaves no fewer to be moved from others") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1, 2});
  stage.mover->use({pool}, kStart);
  std::map<std::string, std::uint64_t> slow;
  for (int i = 0; i < 9; ++i) {
    const std::string sid = "s" + std::to_string(i);
    slow[sid] = stage.books.open(sid, 1, true, kStart - 1h);
  }
  stage.open_idle(0, 9);
  stage.mover->rebalance(*pool, {.per_second = 4, .patience = 60s}, kStart);
  for (TimePoint end = kStart + 250ms; end < kStart + 5s; end += 250ms) {
    stage.run_until(end);
    stage.come_back(2);
    // Their server takes its time.
    for (const std::string& sid : stage.closed) {
      if (!slow.contains(sid)) continue;
      stage.books.ledger.publish({0, sid}, slow[sid], {},
                                 {.condition = session::Condition::closing}, stage.now);
    }
  }
  CHECK(stage.live(0) == 6);
  CHECK(stage.live(1) == 9);
  CHECK(stage.live(2) == 6);
  CHECK(stage.closed.size() == 6);
}

TEST_CASE("who takes sessions again in the middle has its part, and what was moved stays counted") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1, 2});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 30);
  stage.backend(2).set_draining(true);
  stage.mover->drain(stage.backend(2), {}, kStart);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  CHECK(stage.mover->progress(stage.backend(0).id())->remaining == 14);
  for (TimePoint end = kStart + 250ms; end <= kStart + 1s; end += 250ms) {
    stage.run_until(end);
    stage.come_back(1);
  }
  const std::size_t before = stage.closed.size();
  stage.backend(2).set_draining(false);
  stage.mover->undrain(stage.backend(2), stage.now);
  stage.run_until(stage.now + 250ms);
  CHECK(stage.mover->progress(stage.backend(0).id())->moved == stage.closed.size());
  CHECK(stage.closed.size() > before);
  while (stage.mover->progress(stage.backend(0).id())) {
    stage.come_back(2);
    stage.run_until(stage.now + 250ms);
  }
  stage.come_back(2);
  CHECK(stage.live(0) == 10);
  CHECK(stage.closed.size() == 20);
}

TEST_CASE("nobody is moved before a backend has ramped up, which could not take them") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1, 2});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 9);
  stage.backend(2).publish_load({.at = kStart, .ramp_until = kStart + 30s});
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.run_until(kStart + 30s);
  CHECK(stage.closed.empty());
  CHECK(stage.mover->progress(stage.backend(0).id())->remaining == 6);
  // What has changed while it waited counts.
  stage.open_idle(0, 3);
  stage.run_until(kStart + 30s + 250ms);
  CHECK(stage.closed.size() == 1);
  CHECK(stage.mover->progress(stage.backend(0).id())->remaining == 7);
}

TEST_CASE("one that ramps up, and has too many all the same, is not waited for") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1, 2});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 9);
  stage.backend(0).publish_load({.at = kStart, .ramp_until = kStart + 30s});
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.run_until(kStart + 1s);
  CHECK(stage.closed.size() >= 3);
}

TEST_CASE(
    "one that takes no sessions for a moment ends no rebalance, one that is gone for long does") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 10);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.come_back(1);
  stage.backend(1).health().set_rules(1, 1);
  stage.backend(1).health().failed(balance::Fault::timeout, stage.now);
  CHECK_FALSE(stage.backend(1).opens_sessions());
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() == 1);
  CHECK(stage.mover->rebalance_progress(0)->waits_for ==
        std::vector{stage.backend(1).identity().name});
  SUBCASE("it is back") {
    stage.backend(1).health().answered(stage.now);
    CHECK(stage.backend(1).opens_sessions());
    for (TimePoint end = stage.now + 250ms; end < kStart + 10s; end += 250ms) {
      stage.run_until(end);
      stage.come_back(1);
    }
    CHECK(stage.live(0) == 5);
    CHECK(stage.closed.size() == 5);
  }
  SUBCASE("it is not") {
    stage.run_until(kStart + 11s);
    CHECK_FALSE(stage.mover->rebalance_progress(0));
    CHECK(stage.closed.size() == 1);
  }
}

TEST_CASE("an agent that wants another part in the middle is followed, its small steps are not") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 30);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.come_back(1);
  const auto tell = [&](std::uint32_t percent) {
    stage.backend(0).agent().take({.percent = percent});
    stage.run_until(stage.now + 250ms);
    stage.come_back(1);
    return stage.mover->progress(stage.backend(0).id())->remaining + stage.closed.size();
  };
  CHECK(tell(99) == 15);
  CHECK(tell(50) == 20);
}

TEST_CASE("nobody is moved faster than those who get them may take them") {
  MoverStage stage(3);
  const auto pool = std::make_shared<balance::BackendSet>(*stage.pool({0, 1, 2}));
  pool->rate = 2;
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 30);
  stage.open_idle(1, 30);
  stage.mover->rebalance(*pool, {.per_second = 50, .patience = 60s}, kStart);
  CHECK(stage.mover->rebalance_progress(0)->per_second == 2);
  stage.run_until(kStart + 2s);
  CHECK(stage.closed.size() <= 5);
  CHECK(stage.closed.size() >= 3);
}

TEST_CASE("those who are nearly even do not count for how fast people may be moved") {
  MoverStage stage(4);
  const auto pool = std::make_shared<balance::BackendSet>(*stage.pool({0, 1, 2, 3}));
  pool->rate = 2;
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 62);
  stage.open_idle(1, 39);
  stage.open_idle(2, 39);
  // All are to have 40 or less from when the last has 17 more.
  stage.open_idle(3, 20);
  stage.mover->rebalance(*pool, {.per_second = 50, .patience = 60s}, kStart);
  CHECK(stage.mover->rebalance_progress(0)->per_second == doctest::Approx(2.0 * 22 / 20));
}

TEST_CASE("one that is busy for a moment ends no rebalance, one that stays so does") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 20);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.come_back(1);
  stage.backend(1).set_standing({balance::Level::busy, balance::Limit::loop_delay});
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() == 1);
  SUBCASE("for a moment") {
    stage.backend(1).set_standing({});
    for (TimePoint end = stage.now + 250ms; end < kStart + 15s; end += 250ms) {
      stage.run_until(end);
      stage.come_back(1);
    }
    CHECK(stage.live(0) == 10);
  }
  SUBCASE("for long") {
    stage.run_until(kStart + 11s);
    CHECK_FALSE(stage.mover->rebalance_progress(0));
    CHECK(stage.closed.size() == 1);
  }
}

TEST_CASE("nobody is moved to where the policy would place nobody") {
  MoverStage stage(2);
  stage.open_idle(0, 20);
  const auto to_move = [&](config::Balance balance) {
    auto set = std::make_shared<balance::BackendSet>(*stage.pool({0, 1}));
    return stage.mover->to_move(set->backends, balance, stage.now)[0];
  };
  CHECK(to_move(config::Balance::least_sessions) == 10);
  SUBCASE("for it is busy by a threshold, and the others are calm") {
    stage.backend(1).set_standing({balance::Level::busy, balance::Limit::loop_delay});
    CHECK(to_move(config::Balance::least_sessions) == 0);
    stage.backend(0).set_standing({balance::Level::busy, balance::Limit::loop_delay});
    CHECK(to_move(config::Balance::least_sessions) == 10);
  }
  SUBCASE("for it has more to do, with few sessions") {
    const auto tell = [&](std::size_t number, double busy) {
      stage.backend(number).publish_load(
          {.at = stage.now, .session_work = 1, .cost = 0.001, .surely_busy = busy, .trust = 1});
    };
    tell(0, 0.15);
    tell(1, 0.75);
    CHECK(to_move(config::Balance::least_load) == 0);
    CHECK(to_move(config::Balance::least_sessions) == 10);
    tell(1, 0.15);
    CHECK(to_move(config::Balance::least_load) == 10);
  }
}

TEST_CASE("a reload's patience is that of orders under way, from when they were given") {
  for (const bool drain : {false, true}) {
    MoverStage stage(2);
    const auto pool = stage.pool({0, 1});
    stage.mover->use({pool}, kStart);
    for (int i = 0; i < 4; ++i) {
      const std::string sid = "busy" + std::to_string(i);
      const auto serial = stage.books.open(sid, 0, true, kStart);
      stage.books.ledger.publish({0, sid}, serial, {}, {.bytes = 5000}, kStart);
    }
    if (drain) {
      stage.mover->drain(stage.backend(0), kOneATick, kStart);
    } else {
      stage.mover->rebalance(*pool, kOneATick, kStart);
    }
    stage.run_until(kStart + 20s);
    CHECK(stage.closed.empty());
    stage.mover->set_patience(0, 10s);
    stage.run_until(kStart + 22s);
    CHECK_FALSE(stage.closed.empty());
  }
}

TEST_CASE("a backend that joins in the middle gets its part, and is waited for") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 9);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.come_back(1);
  CHECK(stage.closed.size() == 1);
  stage.backend(2).publish_load({.at = kStart, .ramp_until = kStart + 5s});
  stage.mover->use({stage.pool({0, 1, 2})}, kStart);
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() == 1);
  for (TimePoint end = stage.now + 250ms; end < kStart + 15s; end += 250ms) {
    stage.run_until(end);
    stage.come_back(stage.live(1) < 3 ? 1 : 2);
  }
  CHECK(stage.live(0) == 3);
  CHECK(stage.live(1) == 3);
  CHECK(stage.live(2) == 3);
  CHECK(stage.count_in_log("pool has been evened out") == 1);
}

TEST_CASE("nobody is moved towards a backend that has left in the middle") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 10);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  const std::size_t moved = stage.closed.size();
  stage.mover->use({stage.pool({0})}, kStart);
  stage.run_until(kStart + 10s);
  CHECK(stage.closed.size() == moved);
}

TEST_CASE("a pool that has gone is evened out no longer, and shows no progress") {
  MoverStage stage(2);
  const auto pool = stage.pool({0, 1});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 10);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  REQUIRE(stage.mover->progress(stage.backend(0).id()));
  const std::size_t moved = stage.closed.size();
  SUBCASE("from the config") { stage.mover->use({}, kStart); }
  SUBCASE("with its backends") { stage.mover->use({stage.pool({})}, kStart); }
  CHECK_FALSE(stage.mover->progress(stage.backend(0).id()));
  stage.run_until(kStart + 10s);
  CHECK(stage.closed.size() == moved);
}

TEST_CASE("a backend that is told to drain meanwhile is emptied, and not evened out") {
  MoverStage stage(3);
  const auto pool = stage.pool({0, 1, 2});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 9);
  stage.mover->rebalance(*pool, kOneATick, kStart);
  stage.backend(0).set_draining(true);
  stage.mover->drain(stage.backend(0), kOneATick, kStart);
  CHECK(stage.mover->progress(stage.backend(0).id())->why == "drain");
  for (TimePoint end = kStart + 250ms; end < kStart + 10s; end += 250ms) {
    stage.run_until(end);
    stage.come_back(stage.live(1) <= stage.live(2) ? 1 : 2);
  }
  CHECK(stage.live(0) == 0);
  CHECK(stage.closed.size() == 9);
}

}  // namespace pinion
