#include "proxy/session_ledger.h"

#include <doctest/doctest.h>

#include "books.h"
#include "proxy/session_hold.h"
#include "support/all_sessions.h"
#include "support/splits.h"

namespace pinion::proxy {
namespace {

using metrics::CloseReason;
using test::Books;
using test::kStart;
using namespace std::chrono_literals;

// Ends what is left: then nothing is counted, and every session that was opened was closed once.
void close_the_books(Books& books) {
  for (const auto& left : pinion::test::all_sessions(books.ledger.table())) {
    books.ledger.close({left.pool, left.sid}, left.serial, CloseReason::shutdown);
  }
  books.check_empty();
  std::uint64_t closed = 0;
  for (std::size_t r = 0; r < metrics::kCloseReasons; ++r) {
    closed += books.ledger.closes(static_cast<CloseReason>(r));
  }
  std::uint64_t opened = 0;
  for (const auto* backend : books.backends) opened += backend->sessions_total();
  CHECK(closed == opened);
}

}  // namespace

TEST_CASE("opening turns a reserved place into a live session that can be found") {
  Books books(2);
  const auto serial = books.open("abc", 1);
  CHECK(books.backends[1]->assigned().reserved == 0);
  CHECK(books.backends[1]->assigned().live == 1);
  const auto found = books.ledger.find({0, "abc"});
  REQUIRE(found);
  CHECK(found->serial == serial);
  CHECK(found->backend == books.backends[1]->id());
  books.ledger.close({0, "abc"}, serial, CloseReason::admin);
  CHECK(books.ledger.closes(CloseReason::admin) == 1);
  books.check_empty();
}

TEST_CASE("what a request carried counts as work of its backend, also when its session has gone") {
  Books books(2);
  const auto serial = books.open("abc", 1);
  auto hold = SessionHold::take(books.ledger, 0, "abc", kStart);
  REQUIRE(hold);
  hold->traffic() = {.frames_in = 2, .frames_out = 3, .bytes_in = 40, .bytes_out = 50};
  books.ledger.close({0, "abc"}, serial, CloseReason::admin);
  hold->release(kStart + 1s);
  hold->release(kStart + 2s);
  const balance::Traffic seen = books.backends[1]->traffic().total();
  CHECK(seen.frames_in == 2);
  CHECK(seen.frames_out == 3);
  CHECK(seen.bytes_in == 40);
  CHECK(seen.bytes_out == 50);
  CHECK(seen.requests == 1);
  CHECK(books.backends[0]->traffic().total().work() == 0);
  books.check_empty();
}

TEST_CASE("a session that is closed twice is settled once") {
  Books books;
  const auto serial = books.open("abc");
  books.ledger.close({0, "abc"}, serial, CloseReason::client_engineio_close);
  books.ledger.close({0, "abc"}, serial, CloseReason::client_closed);
  CHECK(books.ledger.closes(CloseReason::client_engineio_close) == 1);
  CHECK(books.ledger.closes(CloseReason::client_closed) == 0);
  books.check_empty();
}

TEST_CASE("a replaced session is settled at its own backend") {
  Books books(2);
  books.open("abc", 0, true);
  books.open("abc", 1);
  CHECK(books.backends[0]->assigned().live == 0);
  CHECK(books.backends[0]->websockets() == 0);
  CHECK(books.backends[1]->assigned().live == 1);
  CHECK(books.ledger.closes(CloseReason::unknown_session) == 1);
  books.ledger.close({0, "abc"}, 0, CloseReason::admin);
  books.check_empty();
}

TEST_CASE("an evicted session is settled") {
  Books books(1, 64);
  for (int i = 0; i < 100; ++i) books.open("s" + std::to_string(i), 0, false, kStart + i * 1s);
  CHECK(books.backends[0]->assigned().live == 64);
  CHECK(books.ledger.closes(CloseReason::evicted) == 36);
  CHECK(books.ledger.sweep(kStart + 1h) == 64);
  CHECK(books.ledger.closes(CloseReason::expired) == 64);
  books.check_empty();
}

TEST_CASE("an upgrade counts a WebSocket once, and its end takes it off") {
  Books books;
  const auto serial = books.open("abc");
  const session::SessionKey key{0, "abc"};
  books.ledger.set_tunnel(key, serial, true, 0, kStart);
  books.ledger.upgraded(key, serial);
  books.ledger.upgraded(key, serial);
  CHECK(books.backends[0]->websockets() == 1);
  books.ledger.close(key, serial, CloseReason::client_closed);
  books.ledger.upgraded(key, serial);
  books.check_empty();
}

TEST_CASE("a lost backend's polling sessions are settled") {
  Books books(2);
  for (int i = 0; i < 10; ++i) books.open("s" + std::to_string(i), i % 2 == 0 ? 0 : 1);
  CHECK(books.ledger.drop_backend(books.backends[0]->id()) == 5);
  CHECK(books.ledger.closes(CloseReason::backend_unreachable) == 5);
  CHECK(books.backends[0]->assigned().live == 0);
  CHECK(books.backends[1]->assigned().live == 5);
  books.ledger.sweep(kStart + 1h);
  books.check_empty();
}

TEST_CASE("a hold keeps its session from expiring and tells what it moved") {
  Books books;
  books.open("abc");
  {
    auto hold = SessionHold::take(books.ledger, 0, "abc", kStart);
    REQUIRE(hold);
    CHECK(hold->sid() == "abc");
    CHECK(books.ledger.sweep(kStart + 1h) == 0);
    hold->traffic().bytes_in = 7;
    SessionHold moved(std::move(*hold));
    moved.release(kStart + 1h);
    moved.release(kStart + 2h);
    CHECK(books.ledger.table().get({0, "abc"})->requests == 0);
    CHECK(books.ledger.table().get({0, "abc"})->traffic.bytes_in == 7);
  }
  CHECK(books.ledger.table().get({0, "abc"})->requests == 0);
  CHECK(books.ledger.sweep(kStart + 1h + 45s) == 1);
  CHECK_FALSE(SessionHold::take(books.ledger, 0, "abc", kStart));
  books.check_empty();
}

TEST_CASE("a hold closes its session at once, but not a later one with the same sid") {
  Books books;
  books.open("abc");
  {
    auto hold = SessionHold::take(books.ledger, 0, "abc", kStart);
    hold->traffic().bytes_in = 7;
    hold->close_session(CloseReason::client_engineio_close);
    CHECK_FALSE(books.ledger.find({0, "abc"}));
    books.open("abc");
  }
  CHECK(books.ledger.closes(CloseReason::client_engineio_close) == 1);
  CHECK(books.ledger.table().get({0, "abc"})->traffic.bytes_in == 0);
  {
    auto hold = SessionHold::take(books.ledger, 0, "abc", kStart);
    books.open("abc");
    hold->close_session(CloseReason::client_engineio_close);
  }
  CHECK(books.ledger.find({0, "abc"}));
  books.ledger.close({0, "abc"}, 0, CloseReason::admin);
  books.check_empty();
}

TEST_CASE("after any sequence of events every count is zero again") {
  std::vector<std::string> sids;
  for (int i = 0; i < 120; ++i) sids.push_back("s" + std::to_string(i));
  for (unsigned seed = 1; seed <= 30; ++seed) {
    CAPTURE(seed);
    auto random = pinion::test::repeatable(seed);
    Books books(3, 64);
    std::vector<SessionHold> holds;
    std::vector<balance::Reservation> waiting;
    TimePoint now = kStart;
    for (int i = 0; i < 2000; ++i) {
      now += std::chrono::milliseconds{random() % 100};
      const std::string& sid = sids[random() % sids.size()];
      const session::SessionKey key{0, sid};
      const auto found = books.ledger.find(key);
      const std::uint64_t serial = found ? found->serial : 1;
      switch (random() % 9) {
        case 0:
        case 1:
          books.open(sid, random() % 3, random() % 3 == 0, now);
          break;
        case 2:
          waiting.push_back(books.reserve(random() % 3));
          if (waiting.size() > 10) waiting.erase(waiting.begin());
          break;
        case 3:
          if (auto hold = SessionHold::take(books.ledger, 0, sid, now)) {
            holds.push_back(std::move(*hold));
          }
          break;
        case 4:
          if (holds.empty()) break;
          if (random() % 4 == 0) holds.back().close_session(CloseReason::unknown_session);
          holds.pop_back();
          break;
        case 5:
          books.ledger.set_tunnel(key, serial, random() % 2 == 0, 0, now);
          break;
        case 6:
          if (found) {
            books.ledger.upgraded(key, serial);
          }
          break;
        case 7:
          books.ledger.close(key, serial, CloseReason::client_closed);
          break;
        default:
          if (random() % 8 == 0) books.ledger.drop_backend(random() % 3 == 0 ? 0U : 1U);
          books.ledger.sweep(now);
          break;
      }
    }
    holds.clear();
    waiting.clear();
    close_the_books(books);
  }
}

}  // namespace pinion::proxy
