// What may be sent a second time, when a kept connection turns out to be dead: nothing that a
// backend may have seen, and nothing of a session.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;

// A proxy that has one idle connection to its backend, and a client connection on which it was
// used.
struct Kept {
  Backend backend{4096};
  RunningProxy proxy;
  Peer client, upstream;

  Kept()
      : proxy({backend.address()}, {.keep_alive_connections = 4}),
        client(proxy.client()),
        upstream(first()) {}

  Peer first() {
    client.send(kHandshake);
    Peer accepted = backend.accept();
    accepted.read_until("\r\n\r\n");
    accepted.send(answer(open_packet("abc")));
    read_answer(client);
    return accepted;
  }
  // A body fills what the backend's kernel takes, so that the next request stays in that of pinion.
  void send_what_does_not_arrive(const std::string& request) {
    proxy.while_stopped([&] { client.send(post("/large", std::string(20'000, 'x'))); });
    upstream.read_until("\r\n\r\n");
    proxy.on_worker([](Worker&) {});  // has read all of the body, too
    upstream.send(answer("done"));
    read_answer(client);
    // The client has its answer before the worker is done with that.
    REQUIRE(eventually([&] { return proxy.backend(0).inflight() == 0; }));
    client.send(request);
    REQUIRE(eventually([&] { return proxy.backend(0).inflight() == 1; }));
    proxy.on_worker([](Worker&) {});
  }
  [[nodiscard]] std::uint64_t retries() { return proxy.counters().pools[0].retries.value(); }
};

}  // namespace

TEST_CASE("a kept connection carries the next request") {
  Kept kept;
  kept.client.send(get("/next"));
  CHECK(kept.upstream.read_until("\r\n\r\n").starts_with("GET /next "));
  kept.upstream.send(answer("same connection"));
  CHECK(read_answer(kept.client).ends_with("same connection"));
  CHECK(kept.backend.nobody_waits());
}

TEST_CASE(
    "a connection that its backend closes right behind an answer is not given the next request") {
  Kept kept;
  kept.client.send(get("/next") + post("/pushed", "once"));
  kept.upstream.read_until("\r\n\r\n");
  kept.proxy.while_stopped([&] {
    kept.upstream.send(answer("the last one"));
    kept.upstream.close();
  });
  CHECK(read_answer(kept.client).ends_with("the last one"));
  Peer second = kept.backend.accept();
  CHECK(second.read_until("\r\n\r\n").starts_with("POST /pushed "));
  second.send(answer("new connection"));
  CHECK(read_answer(kept.client).ends_with("new connection"));
}

TEST_CASE("a connection on which the backend has failed is not kept, since uvicorn closes it") {
  Kept kept;
  kept.client.send(get("/fails"));
  kept.upstream.read_until("\r\n\r\n");
  kept.upstream.send(answer("no", "500 Internal Server Error"));
  CHECK(read_answer(kept.client).ends_with("no"));
  kept.client.send(get("/next"));
  Peer second = kept.backend.accept();
  CHECK(second.read_until("\r\n\r\n").starts_with("GET /next "));
  second.send(answer("new connection"));
  CHECK(read_answer(kept.client).ends_with("new connection"));
}

TEST_CASE("a kept connection that closes while idle is not used") {
  Kept kept;
  kept.proxy.while_stopped([&] {
    kept.upstream.close();
    kept.client.send(get("/next"));
  });
  Peer second = kept.backend.accept();
  second.read_until("\r\n\r\n");
  second.send(answer("new connection"));
  CHECK(read_answer(kept.client).ends_with("new connection"));
}

TEST_CASE("a connection that ends or speaks before a request is not used for it") {
  Kept kept;
  for (const std::string& request : {get("/next"), post("/next", "once")}) {
    CAPTURE(request);
    for (const char* const unasked : {"", "HTTP/1.1 408 Too Late\r\nContent-Length: 0\r\n\r\n"}) {
      kept.proxy.while_stopped([&] {
        // In this order the worker hears of the request first.
        kept.client.send(request);
        kept.upstream.send(unasked);
        if (*unasked == '\0') kept.upstream.close();
      });
      kept.upstream = kept.backend.accept();
      kept.upstream.read_until("\r\n\r\n");
      kept.upstream.send(answer("new connection"));
      CHECK(read_answer(kept.client).ends_with("new connection"));
    }
  }
  CHECK(kept.retries() == 0);
}

TEST_CASE("a GET that did not arrive is sent again, once") {
  Kept kept;
  kept.send_what_does_not_arrive(get("/next"));
  kept.upstream.finish();
  Peer second = kept.backend.accept();
  CHECK(second.read_until("\r\n\r\n").starts_with("GET /next "));
  CHECK(kept.retries() == 1);
  SUBCASE("and is answered") {
    second.send(answer("at last"));
    CHECK(read_answer(kept.client).ends_with("at last"));
  }
  SUBCASE("and fails for good the second time") {
    second.close();
    CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
    CHECK(kept.backend.nobody_waits());
  }
}

TEST_CASE("a GET that the backend has read is not sent again") {
  Kept kept;
  kept.client.send(get("/next"));
  kept.upstream.read_until("\r\n\r\n");
  kept.upstream.close();
  CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
  CHECK(kept.backend.nobody_waits());
  CHECK(kept.retries() == 0);
}

TEST_CASE("a POST is not sent again") {
  Kept kept;
  kept.send_what_does_not_arrive(post("/next", "body"));
  kept.upstream.finish();
  CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
  CHECK(kept.backend.nobody_waits());
  CHECK(kept.retries() == 0);
}

TEST_CASE("a poll is not sent again") {
  Kept kept;
  kept.send_what_does_not_arrive(poll("abc"));
  kept.upstream.finish();
  CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
  CHECK(kept.backend.nobody_waits());
  CHECK(kept.retries() == 0);
}

TEST_CASE("a handshake that its living backend ends without an answer") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  bool by_websocket = false;
  SUBCASE("by polling") {}
  SUBCASE("by WebSocket") { by_websocket = true; }
  const auto refuse = [&] {
    Peer client = proxy.client();
    client.send(by_websocket ? upgrade("/socket.io/?EIO=4&transport=websocket") : kHandshake);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.close();
    const Peer looks_again = backend.accept();
    CHECK(read_answer(client).starts_with("HTTP/1.1 502"));
  };
  for (int i = 0; i < 5; ++i) refuse();
  // As engine.io refuses WebSockets, and never a poll.
  balance::Backend& told_of = proxy.backend(0);
  CHECK(told_of.health().silent() == !by_websocket);
  CHECK(told_of.opens_sessions() == by_websocket);
  // Else one that refuses all of them would always have the fewest, and get them all.
  for (int i = 5; i < 10; ++i) refuse();
  CHECK_FALSE(told_of.opens_sessions());
  CHECK(told_of.may_take_sessions(monotonic_now()) == by_websocket);
  // Nothing was sent again, it was only looked whether the backend lives.
  CHECK(proxy.counters().pools[0].retries.value() == 0);
}

}  // namespace pinion::proxy
