#include <doctest/doctest.h>

#include "mover_stage.h"

namespace pinion {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::MoverStage;

constexpr Mover::Terms kFast{.per_second = 1000, .patience = 60s};

// What carries a frame now, and so streams.
void stream(MoverStage& stage, const std::string& sid, std::uint64_t serial) {
  stage.books.ledger.publish({0, sid}, serial, {.frames_out = 1, .beyond_pings = true}, {},
                             stage.now);
}

}  // namespace

TEST_CASE("a backend that drains loses its sessions at the rate that was asked for") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  stage.open_idle(0, 100);
  stage.open_idle(1, 5);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 10, .patience = 60s}, kStart);
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() >= 47);
  CHECK(stage.closed.size() <= 51);
  CHECK(stage.live(0) == 100 - stage.closed.size());
  CHECK(stage.live(1) == 5);
  const auto progress = stage.mover->progress(stage.backend(0).id());
  REQUIRE(progress);
  CHECK(progress->why == "drain");
  CHECK(progress->remaining == stage.live(0));
  CHECK(progress->moved == stage.closed.size());
  CHECK(progress->per_second == 10);
}

TEST_CASE("the longest idle leave first") {
  MoverStage stage(1);
  stage.mover->use({stage.pool({0})}, kStart);
  stage.books.open("longest", 0, false, kStart - 20min);
  stage.books.open("short", 0, false, kStart - 1min);
  stage.books.open("long", 0, false, kStart - 10min);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 1, .patience = 60s}, kStart);
  stage.run_until(kStart + 4s);
  CHECK(stage.closed == std::vector<std::string>{"longest", "long", "short"});
}

TEST_CASE("what streams is left alone until the patience of the first order is over") {
  MoverStage stage(1);
  stage.mover->use({stage.pool({0})}, kStart);
  const auto serial = stage.books.open("busy", 0, true, kStart);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 10, .patience = 20s}, kStart);
  while (stage.now < kStart + 20s) {
    stream(stage, "busy", serial);
    stage.run_until(stage.now + 1s);
    // Ordered again, which is no new start.
    stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 10, .patience = 20s},
                       stage.now - 1ms);
    CHECK(stage.closed.empty());
  }
  stream(stage, "busy", serial);
  stage.run_until(stage.now + 2s);
  CHECK(stage.closed == std::vector<std::string>{"busy"});
  // It ends by its close frame, and is not told twice until then.
  stage.run_until(stage.now + 5s);
  CHECK(stage.closed.size() == 1);
}

TEST_CASE("a backend that is drained is told of once for each order") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  stage.open_idle(0, 1);
  stage.backend(0).set_draining(true);
  stage.mover->drain(stage.backend(0), std::nullopt, kStart);
  stage.run_until(kStart + 3s);
  CHECK(stage.closed.empty());
  stage.books.ledger.sweep(kStart + 1h);
  stage.run_until(kStart + 6s);
  SUBCASE("of one") { CHECK(stage.count_in_log("backend is drained: it can be stopped") == 1); }
  SUBCASE("of two") {
    stage.mover->drain(stage.backend(0), kFast, stage.now);
    stage.run_until(kStart + 9s);
    CHECK(stage.count_in_log("backend is drained: it can be stopped") == 2);
  }
}

TEST_CASE("requests that end soon after the last session are not worth a word") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  balance::InflightHold request(stage.backend(0));
  stage.backend(0).set_draining(true);
  stage.mover->drain(stage.backend(0), kFast, kStart);
  stage.run_until(kStart + 4s);
  // Somebody who came home at the last moment.
  balance::Reservation session = balance::reserve_at(stage.backend(0));
  stage.run_until(kStart + 8s);
  session.release();
  stage.run_until(kStart + 12s);
  CHECK(stage.count_in_log("no sessions left, but requests") == 0);
}

TEST_CASE("what keeps a backend without sessions from being empty is told once") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  balance::InflightHold download(stage.backend(0));
  stage.backend(0).set_draining(true);
  stage.mover->drain(stage.backend(0), kFast, kStart);
  stage.run_until(kStart + 10s);
  download.release();
  stage.run_until(kStart + 11s);
  SUBCASE("after some seconds") {
    CHECK(stage.count_in_log("no sessions left, but requests") == 1);
  }
  SUBCASE("and that it is empty then") {
    CHECK(stage.count_in_log("backend is drained: it can be stopped") == 1);
  }
}

TEST_CASE("a backend whose server has sessions as another backend is not said to be for stopping") {
  MoverStage stage(1);
  balance::Backend& renamed = *stage.books.registry.find_or_add(
      "renamed",
      {.pool_name = "chat", .name = "renamed", .address = stage.backend(0).identity().address});
  auto set = std::make_shared<balance::BackendSet>();
  set->add(renamed);
  stage.mover->use({stage.pool({0})}, kStart);
  stage.open_idle(0, 3);
  stage.mover->use({set}, kStart);
  stage.mover->drain(renamed, std::nullopt, kStart);
  stage.run_until(kStart + 2s);
  CHECK(stage.count_in_log("can be stopped") == 0);
}

TEST_CASE("undraining in the middle stops the moving, and a later order begins anew") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  stage.open_idle(0, 20);
  stage.backend(0).set_draining(true);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 4, .patience = 60s}, kStart);
  stage.run_until(kStart + 2s);
  const std::size_t moved = stage.closed.size();
  CHECK(moved >= 7);
  stage.backend(0).set_draining(false);
  stage.mover->undrain(stage.backend(0), stage.now);
  CHECK_FALSE(stage.mover->progress(stage.backend(0).id()));
  stage.run_until(kStart + 10s);
  CHECK(stage.closed.size() == moved);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 4, .patience = 60s}, stage.now);
  CHECK(stage.mover->progress(stage.backend(0).id())->moved == 1);
  CHECK(stage.count_in_log("backend takes sessions again") == 1);
}

TEST_CASE("undraining what has no order is nothing, and tells nothing") {
  MoverStage stage(1);
  stage.mover->use({stage.pool({0})}, kStart);
  stage.mover->undrain(stage.backend(0), kStart);
  stage.mover->undrain(stage.backend(0), kStart);
  CHECK(stage.count_in_log("backend") == 0);
}

TEST_CASE("undraining one that has left meanwhile says that nobody comes to it") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  stage.open_idle(0, 1);
  stage.mover->drain(stage.backend(0), std::nullopt, kStart);
  stage.mover->use({stage.pool({1})}, kStart);
  stage.mover->undrain(stage.backend(0), kStart);
  CHECK(stage.count_in_log("takes no sessions all the same") == 1);
}

TEST_CASE("one order may let those stay who were to be moved") {
  MoverStage stage(1);
  stage.mover->use({stage.pool({0})}, kStart);
  stage.open_idle(0, 20);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 4, .patience = 60s}, kStart);
  stage.run_until(kStart + 1s);
  const std::size_t moved = stage.closed.size();
  stage.mover->drain(stage.backend(0), std::nullopt, stage.now);
  stage.run_until(kStart + 5s);
  CHECK(stage.closed.size() == moved);
  CHECK_FALSE(stage.mover->progress(stage.backend(0).id()));
}

TEST_CASE("a backend that leaves is told of when it is empty, and the workers know that it left") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  stage.open_idle(0, 1);
  stage.mover->use({stage.pool({1})}, kStart);
  SUBCASE("not while it has a session") {
    stage.run_until(kStart + 5s);
    CHECK(stage.count_in_log("backend has left and is empty: it can be stopped") == 0);
  }
  SUBCASE("not at once: a worker may still choose it") {
    stage.books.ledger.sweep(kStart + 1h);
    stage.run_until(kStart + 1s);
    CHECK(stage.count_in_log("backend has left and is empty: it can be stopped") == 0);
  }
  SUBCASE("once") {
    stage.books.ledger.sweep(kStart + 1h);
    stage.run_until(kStart + 5s);
    CHECK(stage.count_in_log("backend has left and is empty: it can be stopped") == 1);
  }
  SUBCASE("not when it has come back meanwhile") {
    stage.books.ledger.sweep(kStart + 1h);
    stage.mover->use({stage.pool({0, 1})}, kStart + 500ms);
    stage.run_until(kStart + 5s);
    CHECK(stage.count_in_log("backend has left and is empty: it can be stopped") == 0);
  }
}

TEST_CASE("a backend that is empty by the word of its agent is told of once for each such word") {
  MoverStage stage(2);
  stage.mover->use({stage.pool({0, 1})}, kStart);
  const balance::AgentLine drains{.admin = balance::AdminState::drain};
  const balance::AgentLine ready{.admin = balance::AdminState::ready};
  stage.backend(0).agent().take(drains);
  stage.run_until(kStart + 3s);
  stage.backend(0).agent().take(ready);
  stage.run_until(kStart + 6s);
  stage.backend(0).agent().take(drains);
  stage.run_until(kStart + 9s);
  CHECK(stage.count_in_log("its agent wants no sessions: it can be stopped") == 2);
}

}  // namespace pinion
