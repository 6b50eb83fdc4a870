// What may be sent a second time, when a kept connection turns out to be dead: nothing that a
// backend may have seen, and nothing of a session.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;

// A proxy that has one idle connection to its backend, and a client connection on which it was
// used.
struct Kept {
  Backend backend;
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
  // The request is on its way when the backend's FIN arrives: pinion sees both in one turn.
  void send_into_a_closing_connection(const std::string& request) {
    proxy.while_stopped([&] {
      client.send(request);
      upstream.close();
    });
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

TEST_CASE("a GET that did not arrive is sent again, once") {
  Kept kept;
  kept.send_into_a_closing_connection(get("/next"));
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
  kept.send_into_a_closing_connection(post("/next", "body"));
  CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
  CHECK(kept.backend.nobody_waits());
  CHECK(kept.retries() == 0);
}

TEST_CASE("a poll is not sent again") {
  Kept kept;
  kept.send_into_a_closing_connection(poll("abc"));
  CHECK(read_answer(kept.client).starts_with("HTTP/1.1 502"));
  CHECK(kept.backend.nobody_waits());
  CHECK(kept.retries() == 0);
}

}  // namespace pinion::proxy
