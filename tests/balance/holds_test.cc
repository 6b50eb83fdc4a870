// What is taken from a backend is given back, by whichever way its holder goes.
#include <doctest/doctest.h>

#include <optional>

#include "backends.h"

namespace pinion::balance {

using test::Backends;
using test::reserve;

TEST_CASE("a reservation that dies gives its place back") {
  Backends b;
  Backend& backend = b.add();
  {
    const Reservation held = reserve(backend);
    CHECK(held);
    CHECK(held.backend() == &backend);
    CHECK(backend.assigned().reserved == 1);
  }
  CHECK(backend.assigned().total() == 0);
}

TEST_CASE("a reservation is given back once, however often it is moved and released") {
  Backends b;
  Backend& first = b.add();
  Backend& second = b.add();
  Reservation held = reserve(first);
  Reservation moved(std::move(held));
  Reservation other = reserve(second);
  moved = std::move(other);
  CHECK(moved.backend() == &second);
  moved.release();
  moved.release();
  CHECK(second.assigned().reserved == 0);
  CHECK_FALSE(moved);
  // What `moved` held before went into `other` and is there until that goes.
  CHECK(first.assigned().reserved == 1);
  other = Reservation{};
  CHECK(first.assigned().reserved == 0);
}

TEST_CASE("a confirmed reservation becomes a live session, and ends as one") {
  Backends b;
  Backend& backend = b.add();
  Reservation polling = reserve(backend);
  Reservation websocket = reserve(backend);
  CHECK(polling.confirm(false) == &backend);
  CHECK(websocket.confirm(true) == &backend);
  CHECK_FALSE(polling);
  polling.release();
  CHECK(backend.assigned().reserved == 0);
  CHECK(backend.assigned().live == 2);
  CHECK(backend.websockets() == 1);
  backend.session_upgraded();
  CHECK(backend.websockets() == 2);
  backend.session_ended(true);
  backend.session_ended(true);
  CHECK(backend.assigned().total() == 0);
  CHECK(backend.websockets() == 0);
}

TEST_CASE("a place is reserved only if the counts are still those that were seen") {
  Backends b;
  Backend& backend = b.add();
  const Assigned seen = backend.assigned();
  const Reservation faster = reserve(backend);
  CHECK_FALSE(backend.try_reserve(seen));
  CHECK(backend.try_reserve(backend.assigned()));
  backend.release_reservation();
}

TEST_CASE("a full backend has no place, reserved ones counted") {
  Backends b;
  Backend& backend = b.add(1, 2);
  Reservation one = reserve(backend);
  one.confirm(false);
  const Reservation two = reserve(backend);
  CHECK(backend.is_full());
  CHECK_FALSE(backend.try_reserve(backend.assigned()));
  backend.session_ended(false);
  CHECK_FALSE(backend.is_full());
}

TEST_CASE("a request in flight counts once, however often its hold is moved") {
  Backends b;
  Backend& first = b.add();
  Backend& second = b.add();
  {
    InflightHold hold(first);
    InflightHold moved(std::move(hold));
    hold = InflightHold(second);
    CHECK(first.inflight() == 1);
    CHECK(second.inflight() == 1);
    moved.release();
    moved.release();
    CHECK(first.inflight() == 0);
  }
  CHECK(second.inflight() == 0);
}

TEST_CASE("waiting bytes are told apart by direction") {
  Backends b;
  Backend& backend = b.add();
  backend.queue_changed(100, 0);
  backend.queue_changed(0, 40);
  CHECK(backend.queued_bytes() == 100);
  CHECK(backend.queued_bytes_both() == 140);
  backend.queue_changed(-100, -40);
  CHECK(backend.queued_bytes_both() == 0);
}

}  // namespace pinion::balance
