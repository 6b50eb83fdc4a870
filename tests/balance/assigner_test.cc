#include "balance/assigner.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "backends.h"
#include "balance/explain.h"
#include "support/start.h"

namespace pinion::balance {
namespace {

using config::Balance;
using pinion::test::kStart;
using test::Backends;

constexpr Balance kAll[] = {Balance::least_load, Balance::least_sessions, Balance::round_robin,
                            Balance::random_two};

SharedTurns turns_of_one_pool() { return SharedTurns{1}; }

}  // namespace

TEST_CASE("a session is counted when it is assigned") {
  Backends b;
  b.add();
  b.add();
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 1);
  const BackendSet set = b.set(Balance::least_load);
  std::vector<Reservation> held;
  for (int i = 0; i < 100; ++i) {
    auto assigned = assigner.assign_session(set, {}, kStart);
    REQUIRE(assigned.reservation);
    CHECK(assigned.refusal == Assigner::Refusal::none);
    held.push_back(std::move(assigned.reservation));
  }
  CHECK(b[0].assigned().reserved == 50);
  CHECK(b[1].assigned().reserved == 50);
  held.clear();
  CHECK(b[0].assigned().total() + b[1].assigned().total() == 0);
}

TEST_CASE("what heralds a session takes neither its turn nor its try") {
  Backends b;
  b.add();
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 3);
  BackendSet set = b.set(Balance::least_load);
  set.rate = 1;
  const auto herald = [&](TimePoint now) {
    return assigner.assign_session(set, {}, now, Assigner::Purpose::herald).reservation.backend();
  };
  for (int i = 0; i < 3; ++i) CHECK(herald(kStart) == &b[0]);
  CHECK(assigner.assign_session(set, {}, kStart).reservation);
  CHECK(assigner.assign_session(set, {}, kStart).refusal == Assigner::Refusal::paced);
  // One that fails its handshakes, and is to get one to try.
  set.rate = 0;
  Health& health = b[0].health();
  for (int i = 0; !health.fails_handshakes() && i < 100; ++i) {
    (void)health.handshake_answered(true, kStart);
  }
  const TimePoint due = kStart + Health::kFirstHold;
  CHECK_FALSE(b[0].tries_sessions(kStart));
  CHECK(herald(due) == &b[0]);
  CHECK(b[0].tries_sessions(due));
  CHECK(health.take_try(due));
  CHECK_FALSE(b[0].tries_sessions(due));
}

TEST_CASE("the turn of a backend is kept for those who come back to it") {
  for (const Balance balance : kAll) {
    Backends b;
    b.add();
    b.add();
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 3);
    BackendSet set = b.set(balance);
    set.rate = 10;
    b[0].pace().begin_wait();
    CHECK(explain(b[0], set.rate, kStart) == "kept by rate for those who come back to it");
    CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &b[1]);
    CHECK(assigner.assign_session(set, {}, kStart).refusal == Assigner::Refusal::paced);
    b[0].pace().end_wait();
    CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &b[0]);
    // Without a rate they wait for nothing.
    set.rate = 0;
    b[0].pace().begin_wait();
    bool taken = false;
    for (int i = 0; i < 50; ++i) {
      taken = taken || assigner.assign_session(set, {}, kStart).reservation.backend() == &b[0];
    }
    CHECK(taken);
  }
}

TEST_CASE("busy ones are taken while the calm one has its turn only later") {
  for (const Balance balance : kAll) {
    Backends b;
    for (int i = 0; i < 3; ++i) b.add();
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 1);
    BackendSet set = b.set(balance);
    for (const std::size_t i : {1U, 2U}) {
      b[i].set_standing({.level = Level::busy, .by = Limit::loop_delay});
    }
    // Also by a rate of its own, since it was full.
    b[0].pace().be_careful(kStart + std::chrono::seconds{30}, 1);
    CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &b[0]);
    for (int i = 0; i < 20; ++i) {
      Backend* const taken = assigner.assign_session(set, {}, kStart).reservation.backend();
      REQUIRE(taken != nullptr);
      CHECK(taken != &b[0]);
    }
    const TimePoint later = kStart + std::chrono::seconds{2};
    CHECK(assigner.assign_session(set, {}, later).reservation.backend() == &b[0]);
  }
}

TEST_CASE("those that were tried are passed over, by every policy") {
  for (const Balance balance : kAll) {
    Backends b;
    for (int i = 0; i < 3; ++i) b.add();
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 2);
    const BackendSet set = b.set(balance);
    std::vector<Backend*> tried;
    for (int i = 0; i < 3; ++i) {
      const auto assigned = assigner.assign_session(set, tried, kStart);
      REQUIRE(assigned.reservation);
      Backend* const backend = assigned.reservation.backend();
      CHECK(std::find(tried.begin(), tried.end(), backend) == tried.end());
      tried.push_back(backend);
    }
    const auto none = assigner.assign_session(set, tried, kStart);
    CHECK_FALSE(none.reservation);
    CHECK(none.refusal == Assigner::Refusal::no_backend);
    CHECK(assigner.pick_for_request(set, tried) == nullptr);
  }
}

TEST_CASE("a backend that is down is taken only when none is up, not when those have no room") {
  for (const Balance balance : kAll) {
    Backends b;
    b.add().health().connect_failed(kStart);
    b.add(1, 2);
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 3);
    const BackendSet set = b.set(balance);
    std::vector<Reservation> held;
    for (int i = 0; i < 2; ++i) {
      held.push_back(assigner.assign_session(set, {}, kStart).reservation);
      CHECK(held.back().backend() == &b[1]);
    }
    // The other one is full now, and has room again before this one is likely to be up.
    const auto full = assigner.assign_session(set, {}, kStart);
    CHECK_FALSE(full.reservation);
    CHECK(full.refusal == Assigner::Refusal::all_full);
    CHECK(assigner.pick_for_request(set, {}) == &b[1]);
    Backend* const tried[] = {&b[1]};
    CHECK(assigner.assign_session(set, tried, kStart).reservation.backend() == &b[0]);
    CHECK(assigner.pick_for_request(set, tried) == &b[0]);
  }
}

TEST_CASE("one that is full and fails its handshakes is not waited for") {
  for (const Balance balance : kAll) {
    Backends b;
    Backend& full = b.add(1, 1);
    Backend& room = b.add();
    const Reservation held = test::reserve(full);
    for (Backend* const one : {&full, &room}) {
      REQUIRE(one->health().handshake_answered(true, kStart));
    }
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 3);
    CHECK(assigner.assign_session(b.set(balance), {}, kStart).reservation.backend() == &room);
  }
}

TEST_CASE(
    "a backend that does not answer is passed over for one that does, but not for one that is "
    "down") {
  for (const Balance balance : kAll) {
    Backends b;
    b.add().health().fell_silent();
    b.add(1, 1);
    b.add().health().connect_failed(kStart);
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 5);
    const BackendSet set = b.set(balance);
    const auto answering = assigner.assign_session(set, {}, kStart).reservation.backend();
    CHECK(answering == &b[1]);
    {
      const auto held = assigner.assign_session(set, {}, kStart);
      CHECK(held.reservation.backend() == &b[1]);
      CHECK(assigner.assign_session(set, {}, kStart).refusal == Assigner::Refusal::all_full);
    }
    CHECK(assigner.pick_for_request(set, {}) == &b[1]);
    Backend* const failed[] = {&b[1]};
    CHECK(assigner.assign_session(set, failed, kStart).reservation.backend() == &b[0]);
    b[0].health().heard();
    CHECK(b[0].health().up());
    CHECK(assigner.assign_session(set, failed, kStart).reservation.backend() == &b[0]);
  }
}

TEST_CASE("a backend that fails handshakes gets one try at a time while another opens sessions") {
  for (const Balance balance : kAll) {
    Backends b;
    Health& failing = b.add().health();
    b.add();
    REQUIRE(failing.handshake_answered(true, kStart));
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 6);
    const BackendSet set = b.set(balance);
    std::vector<Reservation> held;
    const auto taken = [&](TimePoint now) {
      int count = 0;
      for (int i = 0; i < 20; ++i) {
        held.push_back(assigner.assign_session(set, {}, now).reservation);
        count += held.back().backend() == &b[0] ? 1 : 0;
      }
      return count;
    };
    CHECK(taken(kStart) == 0);
    CHECK(taken(kStart + Health::kFirstHold) == 1);
    Backend* const tried[] = {&b[1]};
    CHECK(assigner.assign_session(set, tried, kStart).reservation.backend() == &b[0]);
    held.clear();
    CHECK(assigner.pick_for_request(set, tried) == &b[0]);
  }
}

TEST_CASE("why there is no place") {
  Backends b;
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 4);
  CHECK(assigner.assign_session(b.set(Balance::least_load), {}, kStart).refusal ==
        Assigner::Refusal::no_backend);
  b.add(1, 1);
  b.add();
  const BackendSet set = b.set(Balance::least_load);
  Backend* const second[] = {&b[1]};
  const auto only = assigner.assign_session(set, second, kStart);
  REQUIRE(only.reservation);
  CHECK(assigner.assign_session(set, second, kStart).refusal == Assigner::Refusal::all_full);
  Backend* const both[] = {&b[0], &b[1]};
  CHECK(assigner.assign_session(set, both, kStart).refusal == Assigner::Refusal::no_backend);
}

TEST_CASE("a request without a session goes where the fewest are in flight per weight") {
  Backends b;
  b.add();
  b.add(3);
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 5);
  const BackendSet set = b.set(Balance::least_load);
  const InflightHold one(b[0]);
  const InflightHold two(b[1]);
  const InflightHold three(b[1]);
  CHECK(assigner.pick_for_request(set, {}) == &b[1]);
  const InflightHold four(b[1]);
  const InflightHold five(b[1]);
  CHECK(assigner.pick_for_request(set, {}) == &b[0]);
}

TEST_CASE("a set takes sessions while one backend is up and has room") {
  Backends b;
  b.add(1, 1);
  const BackendSet set = b.set(Balance::least_load);
  CHECK(set.may_take_sessions(kStart));
  {
    const Reservation held = test::reserve(b[0]);
    CHECK_FALSE(set.may_take_sessions(kStart));
  }
  CHECK(set.may_take_sessions(kStart));
  b[0].health().fell_silent();
  CHECK_FALSE(set.may_take_sessions(kStart));
  b[0].health().heard();
  b[0].health().handshake_answered(true, kStart);
  CHECK_FALSE(set.may_take_sessions(kStart));
  // Whoever sends people here by that stopped doing so.
  const TimePoint due = kStart + Health::kFirstHold;
  CHECK_FALSE(set.may_take_sessions(due + Health::kOverdue - std::chrono::milliseconds{1}));
  CHECK(set.may_take_sessions(due + Health::kOverdue));
  b[0].health().handshake_answered(false, kStart);
  CHECK(set.may_take_sessions(kStart));
  b[0].health().connect_failed(kStart);
  CHECK_FALSE(set.may_take_sessions(kStart));
}

TEST_CASE("a backend that drains gets no session, whatever the others are") {
  Backends b;
  Backend& draining = b.add();
  Backend& other = b.add();
  CHECK(draining.set_draining(true));
  CHECK_FALSE(draining.set_draining(true));
  for (const Balance balance : kAll) {
    auto turns = turns_of_one_pool();
    Assigner assigner(turns, 6);
    const BackendSet set = b.set(balance);
    for (int i = 0; i < 20; ++i) {
      CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &other);
    }
  }
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 7);
  const BackendSet set = b.set(Balance::least_load);
  Backend* const tried[] = {&other};
  CHECK(assigner.assign_session(set, tried, kStart).refusal == Assigner::Refusal::no_backend);
  other.health().connect_failed(kStart);
  CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &other);
  CHECK_FALSE(set.may_take_sessions(kStart));
  draining.set_draining(false);
  CHECK(assigner.assign_session(set, {}, kStart).reservation.backend() == &draining);
  CHECK(set.may_take_sessions(kStart));
}

TEST_CASE("a backend that drains answers requests while no other is up") {
  Backends b;
  Backend& draining = b.add();
  Backend& other = b.add();
  draining.set_draining(true);
  auto turns = turns_of_one_pool();
  Assigner assigner(turns, 8);
  const BackendSet set = b.set(Balance::least_load);
  for (int i = 0; i < 20; ++i) CHECK(assigner.pick_for_request(set, {}) == &other);
  other.health().connect_failed(kStart);
  CHECK(assigner.pick_for_request(set, {}) == &draining);
  Backend* const tried[] = {&draining};
  CHECK(assigner.pick_for_request(set, tried) == &other);
}

}  // namespace pinion::balance
