#include "proxy/open_watch.h"

#include <doctest/doctest.h>

#include "books.h"

namespace pinion::proxy {
namespace {

using test::Books;
using test::kStart;
using namespace std::chrono_literals;

constexpr const char* kOpen = R"(0{"sid":"abc","pingInterval":300,"pingTimeout":200})";

}  // namespace

TEST_CASE("an open packet opens a session as its origin says") {
  Books books(2);
  OpenWatch watch(
      books.ledger, books.reserve(1),
      {.pool = 0, .client = "192.0.2.9", .transport = session::Transport::websocket, .worker = 3});
  CHECK(watch.feed(kOpen, kStart));
  CHECK(watch.decided());
  REQUIRE(watch.opened());
  CHECK(watch.opened()->sid == "abc");
  CHECK(watch.opened()->time_to_live == 500ms);
  const auto session = books.ledger.table().get({0, "abc"});
  REQUIRE(session);
  CHECK(session->client == "192.0.2.9");
  CHECK(session->worker == 3);
  CHECK(session->has_tunnel);
  CHECK(session->opened == kStart);
  CHECK(session->backend == books.backends[1]->id());
  CHECK(books.backends[1]->websockets() == 1);
  // What follows changes nothing.
  CHECK(watch.feed(R"(0{"sid":"def"})", kStart));
  watch.finish();
  CHECK(books.ledger.table().size() == 1);
}

TEST_CASE("a packet without ping times gets engine.io's") {
  Books books;
  OpenWatch watch(books.ledger, books.reserve(), {});
  CHECK(watch.feed(R"(0{"sid":"abc"})", kStart));
  CHECK(watch.opened()->time_to_live == 45s);
}

TEST_CASE("what is no open packet gives the place back at once") {
  Books books;
  OpenWatch watch(books.ledger, books.reserve(), {});
  CHECK(watch.feed("{\"code\":0}", kStart));
  CHECK_FALSE(watch.opened());
  books.check_empty();
}

TEST_CASE("an end before the packet is complete gives the place back") {
  Books books;
  OpenWatch watch(books.ledger, books.reserve(), {});
  CHECK_FALSE(watch.feed("0{\"sid\":\"ab", kStart));
  CHECK(books.backends[0]->assigned().reserved == 1);
  watch.finish();
  CHECK(watch.decided());
  CHECK_FALSE(watch.opened());
  books.check_empty();
}

TEST_CASE("a watch that dies undecided gives the place back") {
  Books books;
  {
    const OpenWatch watch(books.ledger, books.reserve(), {});
  }
  books.check_empty();
}

}  // namespace pinion::proxy
