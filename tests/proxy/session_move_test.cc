// Sessions that join, belong to an id, and are moved: what the table and the books say of them.
#include <doctest/doctest.h>

#include "books.h"
#include "proxy/open_watch.h"

namespace pinion::proxy {
namespace {

using metrics::CloseReason;
using session::Joining;
using test::Books;
using test::kStart;
using namespace std::chrono_literals;

constexpr session::SessionKey kAbc{0, "abc"};

std::uint64_t open_to_join(Books& books, std::size_t backend = 0) {
  auto reservation = books.reserve(backend);
  return books.ledger.open(
      reservation,
      {{.opened = kStart, .last_seen = kStart, .time_to_live = 45s, .joining = Joining::awaited},
       "abc"});
}

}  // namespace

TEST_CASE("workers that wait for a CONNECT are told once") {
  Books books;
  const auto serial = open_to_join(books);
  CHECK(books.ledger.wait_to_join(kAbc, serial, 0));
  CHECK(books.ledger.wait_to_join(kAbc, serial, 65));
  CHECK_FALSE(books.ledger.wait_to_join(kAbc, serial + 1, 3));
  CHECK(books.ledger.joined(kAbc, serial) == 0b11);
  CHECK(books.ledger.joined(kAbc, serial) == 0);
  CHECK(books.ledger.find(kAbc)->joining == Joining::done);
  CHECK_FALSE(books.ledger.wait_to_join(kAbc, serial, 0));
}

TEST_CASE("what was let pass waits no more, while the CONNECT is still to come") {
  Books books;
  const auto serial = open_to_join(books);
  CHECK(books.ledger.wait_to_join(kAbc, serial, 5));
  CHECK(books.ledger.let_pass(kAbc, serial) == 0b100000);
  CHECK(books.ledger.find(kAbc)->joining == Joining::passed);
  CHECK_FALSE(books.ledger.wait_to_join(kAbc, serial, 5));
  CHECK(books.ledger.joined(kAbc, serial) == 0);
  CHECK(books.ledger.let_pass(kAbc, serial) == 0);
  CHECK(books.ledger.find(kAbc)->joining == Joining::done);
}

TEST_CASE("what waits for a CONNECT is not let pass while the session is moved") {
  Books books;
  const auto serial = open_to_join(books);
  CHECK(books.ledger.wait_to_join(kAbc, serial, 1));
  CHECK_FALSE(books.ledger.begin_move(kAbc, serial + 1));
  CHECK(books.ledger.begin_move(kAbc, serial));
  CHECK_FALSE(books.ledger.begin_move(kAbc, serial));
  CHECK(books.ledger.let_pass(kAbc, serial) == 0);
  CHECK(books.ledger.find(kAbc)->joining == Joining::moving);
  CHECK(books.ledger.wait_to_join(kAbc, serial, 2));
  CHECK(books.ledger.joined(kAbc, serial) == 0b110);
  CHECK(books.ledger.find(kAbc)->joining == Joining::done);
}

TEST_CASE("what was let pass is not moved any more") {
  Books books;
  const auto serial = open_to_join(books);
  books.ledger.let_pass(kAbc, serial);
  CHECK_FALSE(books.ledger.begin_move(kAbc, serial));
}

TEST_CASE("an upgrade counts at the backend that its session is on by then") {
  Books books(2);
  const auto serial = books.open("abc");
  auto reservation = books.reserve(1);
  CHECK(books.ledger.move(kAbc, serial, reservation, "xyz"));
  CHECK(books.ledger.upgraded(kAbc, serial));
  CHECK(books.backends[0]->websockets() == 0);
  CHECK(books.backends[1]->websockets() == 1);
  books.ledger.close(kAbc, serial, CloseReason::admin);
  books.check_empty();
}

TEST_CASE("a session that is moved counts at its new backend, and is called by its name there") {
  for (const bool websocket : {false, true}) {
    Books books(2);
    const auto serial = books.open("abc", 0, websocket);
    auto reservation = books.reserve(1);
    CHECK(books.ledger.move(kAbc, serial, reservation, "xyz"));
    CHECK(books.backends[0]->assigned().total() == 0);
    CHECK(books.backends[0]->websockets() == 0);
    CHECK(books.backends[1]->assigned().live == 1);
    CHECK(books.backends[1]->websockets() == (websocket ? 1 : 0));
    const auto found = books.ledger.find(kAbc);
    REQUIRE(found);
    CHECK(found->backend == books.backends[1]->id());
    REQUIRE(found->upstream_sid);
    CHECK(*found->upstream_sid == "xyz");
    books.ledger.close(kAbc, serial, CloseReason::admin);
    books.check_empty();
  }
}

TEST_CASE("a session that has gone cannot be moved, and takes no place") {
  Books books(2);
  const auto serial = books.open("abc");
  books.ledger.close(kAbc, serial, CloseReason::admin);
  auto reservation = books.reserve(1);
  CHECK_FALSE(books.ledger.move(kAbc, serial, reservation, "xyz"));
  books.check_empty();
}

TEST_CASE("an id is in use while a session of it lives, and belongs to where the last one was") {
  Books books(2);
  auto& ids = books.ledger.affinity();
  const auto serial = books.open("abc", 1);
  books.ledger.bind(kAbc, serial, "tab", books.backends[1]->id(), 1h, kStart);
  auto found = ids.find({0, "tab"}, kStart);
  REQUIRE(found);
  CHECK(found->in_use);
  CHECK(found->backend == books.backends[1]->id());
  books.ledger.close(kAbc, serial, CloseReason::client_closed);
  found = ids.find({0, "tab"}, kStart);
  REQUIRE(found);
  CHECK_FALSE(found->in_use);
  CHECK(found->lived);
}

TEST_CASE("a session whose CONNECT states another id than its handshake has both until it ends") {
  Books books(2);
  auto& ids = books.ledger.affinity();
  const auto serial = books.open("abc", 1);
  const BackendId home = books.backends[1]->id();
  books.ledger.bind(kAbc, serial, "handshake", home, 1h, kStart);
  books.ledger.bind(kAbc, serial, "tab", home, 1h, kStart);
  SUBCASE("of itself: they are kept from then on") {
    ids.sweep(kStart + 24h);
    for (const char* const id : {"handshake", "tab"}) CHECK(ids.find({0, id}, kStart)->in_use);
    books.ledger.close(kAbc, serial, CloseReason::client_closed);
    for (const char* const id : {"handshake", "tab"}) {
      const auto found = ids.find({0, id}, kStart);
      REQUIRE(found);
      CHECK_FALSE(found->in_use);
      CHECK(found->backend == home);
    }
  }
  SUBCASE("or is moved: they are forgotten") {
    books.ledger.close(kAbc, serial, CloseReason::moved);
    CHECK(ids.size() == 0);
  }
  SUBCASE("or is about to be moved: they are forgotten at once") {
    const auto session = *books.ledger.table().get(kAbc);
    books.ledger.send_away(session);
    CHECK(ids.size() == 0);
    books.ledger.close(kAbc, serial, CloseReason::moved);
  }
  books.check_empty();
}

TEST_CASE("a session that states one id again and again holds it once") {
  Books books;
  auto& ids = books.ledger.affinity();
  const auto serial = books.open("abc");
  for (int i = 0; i < 3; ++i) {
    books.ledger.bind(kAbc, serial, "tab", books.backends[0]->id(), 1h, kStart);
  }
  books.ledger.close(kAbc, serial, CloseReason::client_closed);
  CHECK_FALSE(ids.find({0, "tab"}, kStart)->in_use);
}

TEST_CASE("a session that has gone says nothing of where an id belongs") {
  Books books(2);
  auto& ids = books.ledger.affinity();
  const auto serial = books.open("abc");
  books.ledger.close(kAbc, serial, CloseReason::client_closed);
  books.ledger.bind(kAbc, serial, "tab", books.backends[0]->id(), 1h, kStart);
  CHECK_FALSE(ids.find({0, "tab"}, kStart));
  ids.release(ids.bind({0, "tab"}, books.backends[1]->id(), 1h, kStart), kStart);
  books.ledger.bind(kAbc, serial, "tab", books.backends[0]->id(), 1h, kStart);
  CHECK(ids.find({0, "tab"}, kStart)->backend == books.backends[1]->id());
}

TEST_CASE("the id of its handshake leads to where a session lives that was moved for another one") {
  Books books(2);
  auto& ids = books.ledger.affinity();
  const auto serial = books.open("abc");
  books.ledger.bind(kAbc, serial, "handshake", books.backends[0]->id(), 1h, kStart);
  auto reservation = books.reserve(1);
  REQUIRE(books.ledger.move(kAbc, serial, reservation, "xyz"));
  books.ledger.bind(kAbc, serial, "tab", books.backends[1]->id(), 1h, kStart);
  for (const char* const id : {"handshake", "tab"}) {
    CHECK(ids.find({0, id}, kStart)->backend == books.backends[1]->id());
  }
}

TEST_CASE("who was moved away on purpose is not led back") {
  Books books;
  const auto serial = books.open("abc");
  books.ledger.bind(kAbc, serial, "tab", books.backends[0]->id(), 1h, kStart);
  books.ledger.close(kAbc, serial, CloseReason::moved);
  CHECK_FALSE(books.ledger.affinity().find({0, "tab"}, kStart));
}

TEST_CASE(
    "nor is who comes back before the WebSocket that moves it has been closed on both sides") {
  Books books(2);
  const auto serial = books.open("abc", 0, true);
  books.ledger.bind(kAbc, serial, "tab", books.backends[0]->id(), 1h, kStart);
  const auto session = *books.ledger.table().get(kAbc);
  books.ledger.send_away(session);
  CHECK_FALSE(books.ledger.affinity().find({0, "tab"}, kStart));
  CHECK(books.ledger.moved_clients().take(
      SessionLedger::moved_from(session.client, session.backend)));
  // It has come back, and is placed elsewhere.
  const auto anew = books.open("def", 1);
  books.ledger.bind({0, "def"}, anew, "tab", books.backends[1]->id(), 1h, kStart);
  books.ledger.close(kAbc, serial, CloseReason::moved);
  CHECK(books.ledger.affinity().find({0, "tab"}, kStart)->backend == books.backends[1]->id());
  CHECK_FALSE(books.ledger.moved_clients().take(
      SessionLedger::moved_from(session.client, session.backend)));
}

TEST_CASE("a session that its CONNECT has led elsewhere is not where it was") {
  Books books(2);
  const auto serial = books.open("abc");
  const auto copy = *books.ledger.table().get(kAbc);
  CHECK(books.ledger.is_where_it_was(copy));
  auto reservation = books.reserve(1);
  REQUIRE(books.ledger.move(kAbc, serial, reservation, "xyz"));
  CHECK_FALSE(books.ledger.is_where_it_was(copy));
  books.ledger.close(kAbc, serial, CloseReason::admin);
  CHECK_FALSE(books.ledger.is_where_it_was(copy));
}

TEST_CASE("a handshake takes no id from where it lived, if its CONNECT may lead it there") {
  for (const bool joins : {true, false}) {
    Books books(2);
    auto& ids = books.ledger.affinity();
    ids.release(ids.bind({0, "tab"}, books.backends[1]->id(), 1h, kStart), kStart);
    OpenWatch watch(books.ledger, books.reserve(),
                    {.pool = 0, .joins = joins, .id = "tab", .keep = 1h});
    CHECK(watch.feed(R"(0{"sid":"abc","pingInterval":1000,"pingTimeout":1000})", kStart));
    const auto found = ids.find({0, "tab"}, kStart);
    CHECK(found->backend == books.backends[joins ? 1 : 0]->id());
    CHECK(found->in_use == !joins);
    books.ledger.close(kAbc, 0, CloseReason::admin);
  }
}

TEST_CASE("what a handshake left to its CONNECT is settled with that") {
  Books books(2);
  auto& ids = books.ledger.affinity();
  const BackendId here = books.backends[0]->id();
  const BackendId home = books.backends[1]->id();
  auto* const lived = ids.bind({0, "left"}, home, 1h, kStart);
  const auto serial = books.open("abc");
  const auto at = [&](const char* id) { return ids.find({0, id}, kStart)->backend; };
  const auto leave = [&] {
    ids.release(lived, kStart);
    books.ledger.leave_to_connect(kAbc, serial, "left", 1h);
  };
  SUBCASE("if that states none the session belongs to it all the same") {
    leave();
    books.ledger.bind_left(kAbc, serial, here, kStart);
    CHECK(at("left") == here);
    CHECK(ids.find({0, "left"}, kStart)->in_use);
    books.ledger.bind_left(kAbc, serial, home, kStart);
    CHECK(at("left") == here);
  }
  SUBCASE("if that states the same one it is held once") {
    leave();
    books.ledger.bind(kAbc, serial, "left", here, 1h, kStart);
    books.ledger.close(kAbc, serial, CloseReason::admin);
    CHECK(at("left") == here);
    CHECK_FALSE(ids.find({0, "left"}, kStart)->in_use);
  }
  SUBCASE("if that states another one both lead to the session") {
    leave();
    books.ledger.bind(kAbc, serial, "tab", here, 1h, kStart);
    CHECK(at("tab") == here);
    CHECK(at("left") == here);
    ids.sweep(kStart + 24h);
    CHECK(ids.find({0, "left"}, kStart)->in_use);
  }
  SUBCASE("but it is not taken from another session that lives") {
    books.ledger.leave_to_connect(kAbc, serial, "left", 1h);
    books.ledger.bind(kAbc, serial, "tab", here, 1h, kStart);
    CHECK(at("tab") == here);
    CHECK(at("left") == home);
    ids.release(lived, kStart);
  }
  SUBCASE("of a session that has gone nothing is learnt") {
    leave();
    books.ledger.close(kAbc, serial, CloseReason::admin);
    books.ledger.leave_to_connect(kAbc, serial, "left", 1h);
    books.ledger.bind_left(kAbc, serial, here, kStart);
    CHECK(at("left") == home);
  }
  books.ledger.close(kAbc, 0, CloseReason::admin);
  ids.sweep(kStart + 24h);
  CHECK(ids.size() == 0);
  books.check_empty();
}

TEST_CASE("a handshake that states an id opens a session of it") {
  Books books;
  OpenWatch watch(books.ledger, books.reserve(),
                  {.pool = 0, .joins = true, .id = "tab", .keep = 1h});
  CHECK(watch.feed(R"(0{"sid":"abc","pingInterval":1000,"pingTimeout":1000})", kStart));
  CHECK(books.ledger.affinity().find({0, "tab"}, kStart)->in_use);
  CHECK(books.ledger.find(kAbc)->joining == Joining::awaited);
  books.ledger.close(kAbc, 0, CloseReason::admin);
  books.check_empty();
}

}  // namespace pinion::proxy
