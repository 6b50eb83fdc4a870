#include "views.h"

#include <doctest/doctest.h>

#include "mover_stage.h"

namespace pinion {
namespace {

using namespace std::chrono_literals;
using test::kStart;
using test::MoverStage;

admin::BackendView view_of(const MoverStage& stage, const balance::BackendSet* set) {
  return backend_view(stage.backend(0), set, *stage.mover);
}

}  // namespace

TEST_CASE("a backend's sessions are told by their transport and stage") {
  MoverStage stage(1);
  stage.books.open("polling", 0, false);
  stage.books.open("websocket", 0, true);
  const auto reserved = stage.books.reserve();
  const auto pool = stage.pool({0});
  const auto view = view_of(stage, pool.get());
  CHECK(view.state == "up");
  CHECK(view.ready);
  CHECK(view.sessions == 2);
  CHECK(view.polling == 1);
  CHECK(view.websocket == 1);
  CHECK(view.reserved == 1);
  CHECK(view.reason.empty());
}

TEST_CASE("a backend that drains says so until it is empty, and then that it can be stopped") {
  MoverStage stage(1);
  const auto pool = stage.pool({0});
  stage.open_idle(0, 1);
  stage.backend(0).set_draining(true);
  CHECK(view_of(stage, pool.get()).state == "draining");
  CHECK(view_of(stage, pool.get()).reason == "drains");
  CHECK_FALSE(view_of(stage, pool.get()).ready);
  stage.books.ledger.sweep(kStart + 1h);
  CHECK(view_of(stage, pool.get()).state == "drained");
  CHECK(view_of(stage, pool.get()).reason == "is drained: it can be stopped");
}

TEST_CASE("a backend that is drained while its server has others is not said to be for stopping") {
  MoverStage stage(1);
  const auto pool = stage.pool({0});
  balance::Backend& renamed = *stage.books.registry.find_or_add(
      "renamed",
      {.pool_name = "chat", .name = "renamed", .address = stage.backend(0).identity().address});
  REQUIRE(renamed.try_reserve(renamed.assigned()));
  const balance::Reservation other(renamed);
  stage.backend(0).set_draining(true);
  CHECK(view_of(stage, pool.get()).reason ==
        "is drained: its server still has 1 sessions as chat/renamed");
}

TEST_CASE("the word of an agent goes before all others") {
  MoverStage stage(1);
  const auto pool = stage.pool({0});
  stage.backend(0).agent().take({.admin = balance::AdminState::maintenance});
  CHECK(view_of(stage, pool.get()).state == "maintenance");
  CHECK(view_of(stage, pool.get()).up);
  stage.backend(0).agent().take({.up = false});
  CHECK(view_of(stage, pool.get()).state == "down");
  CHECK_FALSE(view_of(stage, pool.get()).up);
}

TEST_CASE("a backend that has left the config drains, whatever else is true") {
  MoverStage stage(1);
  const auto view = view_of(stage, nullptr);
  CHECK(view.state == "draining");
  CHECK_FALSE(view.ready);
  CHECK(view.reason == "is no longer in the config, or its host name leads elsewhere: it drains");
  CHECK(view.why.starts_with("left: "));
}

TEST_CASE("what is being moved away is in the view of its backend") {
  MoverStage stage(1);
  const auto pool = stage.pool({0});
  stage.mover->use({pool}, kStart);
  stage.open_idle(0, 3);
  CHECK_FALSE(view_of(stage, pool.get()).moving);
  stage.mover->drain(stage.backend(0), Mover::Terms{.per_second = 1, .patience = 60s}, kStart);
  const auto moving = view_of(stage, pool.get()).moving;
  REQUIRE(moving);
  CHECK(moving->why == "drain");
  CHECK(moving->remaining == 2);
  CHECK(moving->moved == 1);
}

TEST_CASE("the metrics of a backend are those of its view, in base units") {
  MoverStage stage(1);
  const auto pool = stage.pool({0});
  auto view = view_of(stage, pool.get());
  view.level = "busy";
  view.probe_wait_ms = 250;
  view.push_latency_ms = 20;
  const auto sample = sample_of(view, stage.backend(0));
  CHECK(sample.level == 1);
  CHECK(sample.probe_wait_seconds == doctest::Approx(0.25));
  CHECK(sample.push_latency_seconds == doctest::Approx(0.02));
  CHECK(sample.agent_checks.empty());
}

TEST_CASE("a session's view counts its times up to now") {
  MoverStage stage(1);
  stage.books.open("abc", 0, true, kStart);
  const auto session = stage.books.ledger.table().get({0, "abc"});
  REQUIRE(session);
  const auto view = session_view(*session, stage.books.registry, kStart + 1500ms);
  CHECK(view.sid == "abc");
  CHECK(view.pool == "chat");
  CHECK(view.backend == "b0");
  CHECK(view.transport == "websocket");
  CHECK(view.age_ms == 1500);
  CHECK(view.idle_ms == 1500);
  // A worker's clock may be ahead by a turn.
  CHECK(session_view(*session, stage.books.registry, kStart - 1ms).idle_ms == 0);
}

}  // namespace pinion
