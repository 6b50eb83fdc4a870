#include "session/move_plan.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "sessions.h"

namespace pinion::session {
namespace {

using namespace test;

constexpr BackendId kFrom = 3;
constexpr BackendId kOther = 4;

Session session_of(std::uint64_t serial, TimePoint last_moved, BackendId backend = kFrom) {
  Session session = websocket("sid-" + std::to_string(serial), kStart, 45s, backend);
  session.serial = serial;
  session.last_moved = last_moved;
  return session;
}

std::vector<Session> idle(std::uint64_t count) {
  std::vector<Session> sessions;
  for (std::uint64_t i = 1; i <= count; ++i) sessions.push_back(session_of(i, kStart - 1h));
  return sessions;
}

// As the mover does it: moves what may be moved now. @returns serials, in the order of moving
std::vector<std::uint64_t> move_now(MovePlan& plan, std::vector<Session>& there, TimePoint now) {
  plan.advance(now);
  if (plan.wants_list(now)) plan.offer(there, now);
  std::vector<std::uint64_t> moved;
  while (const auto session = plan.next(now)) {
    plan.moved(*session);
    moved.push_back(session->serial);
    std::erase_if(there, [&](const Session& each) { return each.serial == session->serial; });
  }
  return moved;
}

MovePlan drain(double per_second, Duration patience = 60s) {
  return {{.per_second = per_second, .patience = patience}, {{kFrom, MovePlan::kAll}}, kStart};
}

}  // namespace

TEST_CASE("so many a second, whatever the ticks") {
  for (const Duration tick : {Duration{50ms}, Duration{250ms}, Duration{400ms}}) {
    MovePlan plan = drain(10);
    auto there = idle(1000);
    std::size_t moved = 0;
    for (TimePoint now = kStart; now < kStart + 20s; now += tick) {
      moved += move_now(plan, there, now).size();
    }
    CHECK(moved >= 195);
    CHECK(moved <= 201);
    CHECK(plan.moved() == moved);
  }
}

TEST_CASE("less than one a second") {
  MovePlan plan = drain(0.5);
  auto there = idle(10);
  std::size_t moved = 0;
  for (TimePoint now = kStart; now < kStart + 10s; now += 250ms) {
    moved += move_now(plan, there, now).size();
  }
  CHECK(moved == 5);
}

TEST_CASE("a long wait is not made up for in a flood") {
  MovePlan plan = drain(10);
  std::vector<Session> nobody;
  CHECK(move_now(plan, nobody, kStart).empty());
  auto there = idle(100);
  CHECK(move_now(plan, there, kStart + 1h).size() == 5);
}

TEST_CASE("the longest idle first, those that stream last and only after patience") {
  MovePlan plan = drain(1000);
  std::vector<Session> there = {session_of(1, kStart - 1s), session_of(2, kStart - 10s),
                                session_of(3, kStart - 20s), session_of(4, kStart - 1500ms)};
  CHECK(move_now(plan, there, kStart + 1s) == std::vector<std::uint64_t>{3, 2});
  const auto keep_talking = [&](TimePoint now) {
    for (Session& session : there) session.last_moved = now - Duration{1ms} * session.serial;
  };
  for (TimePoint now = kStart + 2s; now < kStart + 60s; now += 1s) {
    keep_talking(now);
    CHECK(move_now(plan, there, now).empty());
  }
  keep_talking(kStart + 60s);
  CHECK(move_now(plan, there, kStart + 60s) == std::vector<std::uint64_t>{4, 1});
}

TEST_CASE("other terms hold at once, with patience from the start and what was moved") {
  MovePlan plan = drain(1, 60s);
  auto there = idle(9);
  there.push_back(session_of(10, kStart + 1h));
  CHECK(move_now(plan, there, kStart).size() == 1);
  plan.set_terms({.per_second = 2, .patience = 50s});
  CHECK(plan.per_second() == 2);
  std::size_t moved = 1;
  for (TimePoint now = kStart + 1s; now < kStart + 50s; now += 1s) {
    moved += move_now(plan, there, now).size();
  }
  CHECK(moved == 9);
  CHECK(plan.moved() == 9);
  CHECK(move_now(plan, there, kStart + 50s) == std::vector<std::uint64_t>{10});
}

TEST_CASE("a stream that pauses is moved then") {
  MovePlan plan = drain(10);
  std::vector<Session> there = {session_of(1, kStart)};
  CHECK(move_now(plan, there, kStart + 2s).empty());
  CHECK(move_now(plan, there, kStart + 4s).size() == 1);
}

TEST_CASE("a POST beside the poll counts as streaming") {
  MovePlan plan = drain(10);
  std::vector<Session> there = {session_of(1, kStart - 1h), session_of(2, kStart - 1min)};
  there[0].requests = 2;
  there[1].requests = 1;
  CHECK(move_now(plan, there, kStart) == std::vector<std::uint64_t>{2});
  CHECK_FALSE(plan.allows(there[0], kStart));
}

TEST_CASE("a message that is under way counts as streaming, however long nothing of it has come") {
  MovePlan plan = drain(10);
  std::vector<Session> there = {session_of(1, kStart - 1h), session_of(2, kStart - 1h),
                                session_of(3, kStart - 1min)};
  there[0].mid_message = true;
  there[1].queued_bytes = 1;
  CHECK(move_now(plan, there, kStart) == std::vector<std::uint64_t>{3});
  CHECK(move_now(plan, there, kStart + 59s).empty());
  CHECK(move_now(plan, there, kStart + 60s).size() == 2);
}

TEST_CASE("one that takes its time to leave is not moved twice") {
  MovePlan plan = drain(10);
  const auto there = idle(1);
  for (TimePoint now = kStart; now < kStart + 10s; now += 250ms) {
    auto still_there = there;
    move_now(plan, still_there, now);
  }
  CHECK(plan.moved() == 1);
}

TEST_CASE("one whose upgrade fails before it hears, so that it stays by polling, is moved again") {
  MovePlan plan = drain(10);
  std::vector<Session> upgrading = idle(1);
  CHECK(move_now(plan, upgrading, kStart) == std::vector<std::uint64_t>{1});
  std::vector<Session> polling = idle(1);
  polling[0].has_tunnel = false;
  CHECK(move_now(plan, polling, kStart + 2s) == std::vector<std::uint64_t>{1});
  CHECK(plan.moved() == 1);
  CHECK(plan.moved(kFrom) == 1);
}

TEST_CASE("one that closes already, whoever told it, is not moved besides") {
  MovePlan plan = drain(10);
  std::vector<Session> there = idle(3);
  there[1].condition = Condition::closing;
  CHECK(move_now(plan, there, kStart + 1s) == std::vector<std::uint64_t>{1, 3});
}

TEST_CASE("no more leave a backend than its quota says") {
  MovePlan plan({.per_second = 1000, .patience = 60s}, {{kFrom, 2}, {kOther, 1}}, kStart);
  auto there = idle(5);
  for (std::uint64_t serial = 11; serial <= 15; ++serial) {
    there.push_back(session_of(serial, kStart - 2h, kOther));
  }
  there.push_back(session_of(21, kStart - 3h, 5));  // of a backend that is not asked for
  CHECK(move_now(plan, there, kStart + 1s).size() == 3);
  CHECK(plan.moved(kFrom) == 2);
  CHECK(plan.moved(kOther) == 1);
  CHECK(plan.remaining(kFrom) == 0);
  CHECK(plan.done());
  CHECK_FALSE(plan.wants_list(kStart + 1h));
}

TEST_CASE("a quota is lowered when fewer are too many, never raised") {
  MovePlan plan({.per_second = 1000, .patience = 60s}, {{kFrom, 4}}, kStart);
  plan.limit(kFrom, 2);
  plan.limit(kFrom, 9);
  CHECK(plan.remaining(kFrom) == 2);
  auto there = idle(5);
  CHECK(move_now(plan, there, kStart + 1s).size() == 2);
}

}  // namespace pinion::session
