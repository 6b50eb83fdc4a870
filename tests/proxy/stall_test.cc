// Clients that do not read are closed, and say until then that they stall.
#include "speech.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;
using session::Condition;
using websocket::test::write;

constexpr int kSmallBuffer = 4096;

std::string slow_after(const std::string& after) {
  return "[pool.slow_consumer]\nafter = \"" + after + "\"\n";
}

// A session on a WebSocket whose client does not read what its backend sends.
struct Stalling {
  Backend backend;
  RunningProxy proxy;
  Pipe pipe;

  explicit Stalling(const std::string& after)
      : proxy({backend.address()}, {.pool = slow_after(after)}),
        pipe(open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket", kSmallBuffer)) {
    const std::string opened = write({.payload = open_packet("abc")});
    pipe.backend.send(opened);
    REQUIRE(pipe.client.read(opened.size()) == opened);
    const std::string frame = write({.payload = std::string(60'000, 'f')});
    REQUIRE(pipe.backend.send_what_fits(frame, 64U << 20U) > 0);
  }
  [[nodiscard]] Condition condition() {
    proxy.on_worker([](Worker& worker) { worker.publish_dirty(); });
    const auto found = proxy.ledger().table().get({0, "abc"});
    return found ? found->condition : Condition::flowing;
  }
};

}  // namespace

TEST_CASE("a WebSocket whose client takes nothing stalls, and is closed") {
  Stalling here("1s");
  CHECK(eventually([&] { return here.condition() == Condition::stalled; }));
  CHECK(here.proxy.ledger().table().get({0, "abc"})->queued_bytes > 0);
  CHECK(eventually([&] { return here.proxy.closes(CloseReason::slow_consumer) == 1; }));
  CHECK(here.proxy.ledger().table().size() == 0);
  here.pipe.client.read_to_end();
  CHECK(here.pipe.client.end() == End::reset);
}

TEST_CASE("a client that reads on is told 1013 behind what waited for it") {
  Stalling here("1s");
  CHECK(eventually([&] { return here.condition() == Condition::closing; }));
  const std::string all = here.pipe.client.read_to_end();
  REQUIRE(all.size() > 4);
  const std::string code = std::string{'\x03', '\xf5'} + "slow_consumer";
  CHECK(all.ends_with(code));
  here.pipe.client.close();
  here.pipe.backend.close();
  CHECK(eventually([&] { return here.proxy.closes(CloseReason::slow_consumer) == 1; }));
}

TEST_CASE("0s leaves it alone, and still tells that it stalls") {
  Stalling here("0s");
  CHECK(eventually([&] { return here.condition() == Condition::stalled; }));
  here.pipe.client.close();
  here.pipe.backend.close();
  CHECK(eventually([&] { return here.proxy.ledger().table().size() == 0; }));
  CHECK(here.proxy.closes(CloseReason::slow_consumer) == 0);
}

TEST_CASE("a client that takes a little all the time is not idle") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "tunnel_idle = \"1s\"\n"});
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket", kSmallBuffer);
  const std::string frame = write({.payload = std::string(60'000, 'f')});
  REQUIRE(pipe.backend.send_what_fits(frame, 64U << 20U) > 0);
  pipe.client.read_slowly(500, std::chrono::seconds{3});
  CHECK(proxy.counters().queued_bytes.value() > 0);
  CHECK(proxy.closes(CloseReason::expired) == 0);
  CHECK(proxy.connections() == 1);
  pipe.client.reset();
}

TEST_CASE("a slow reader has the whole of its answer, however short idle connections live") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "keep_alive = \"10ms\"\n"});
  Peer client = proxy.client(kSmallBuffer);
  client.send(get("/long"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  const std::string chunk = "1000\r\n" + std::string(4096, 'x') + "\r\n";
  std::size_t chunks = 0;
  for (; proxy.counters().queued_bytes.value() == 0; ++chunks) {
    upstream.send(chunk);
    proxy.on_worker([](Worker&) {});
  }
  // Its backend is done, and some of it waits for the client.
  upstream.send("0\r\n\r\n");
  REQUIRE(eventually([&] { return proxy.backend(0).inflight() == 0; }));
  const auto later = std::chrono::steady_clock::now() + std::chrono::milliseconds{200};
  CHECK(eventually([&] { return std::chrono::steady_clock::now() > later; }));
  client.read_until("\r\n\r\n");
  CHECK(client.read(chunks * chunk.size() + 5).ends_with("\r\n0\r\n\r\n"));
}

TEST_CASE("for how long a poll is held up is told while it is, and counted once") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.pool = slow_after("0s")});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client(kSmallBuffer);
  client.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
  REQUIRE(upstream.send_what_fits(std::string(60'000, '4'), 64U << 20U) > 0);
  const auto paused_ns = [&] {
    const auto found = proxy.ledger().table().get({0, "abc"});
    return found ? found->traffic.paused_ns : 0;
  };
  CHECK(eventually([&] { return paused_ns() >= 2'000'000'000; }));
  client.reset();
  CHECK(eventually([&] { return proxy.ledger().table().get({0, "abc"})->requests == 0; }));
  // Nothing else was paused.
  CHECK(paused_ns() == proxy.counters().direction(metrics::Direction::out).paused_ns.value());
}

TEST_CASE("an answer to a poll that nobody takes is reset, and its session with it") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.pool = slow_after("1s")});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client(kSmallBuffer);
  client.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
  REQUIRE(upstream.send_what_fits(std::string(60'000, '4'), 64U << 20U) > 0);
  CHECK(eventually([&] {
    const auto found = proxy.ledger().table().get({0, "abc"});
    return found && found->condition == Condition::stalled && found->queued_bytes > 0;
  }));
  CHECK(eventually([&] { return proxy.closes(CloseReason::slow_consumer) == 1; }));
  CHECK(proxy.ledger().table().size() == 0);
  client.read_to_end();
  CHECK(client.end() == End::reset);
}

TEST_CASE("an answer that pinion holds whole is still its session's") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.limits = "buffered_per_session = \"32MiB\"\n", .pool = slow_after("4s")});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client(kSmallBuffer);
  client.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  const std::string body(16U << 20U, '4');
  upstream.send(answer(body));
  const auto session = [&] { return proxy.ledger().table().get({0, "abc"}); };
  // For its backend it is over.
  CHECK(eventually([&] { return !session() || session()->requests == 0; }));
  CHECK(eventually([&] { return !session() || session()->queued_bytes > 0; }));
  SUBCASE("a client that takes it goes on") {
    client.read_until("\r\n\r\n");
    CHECK(client.read(body.size()) == body);
    REQUIRE(eventually([&] { return session()->queued_bytes == 0; }));
    CHECK(session()->condition == Condition::flowing);
    CHECK(proxy.closes(CloseReason::slow_consumer) == 0);
  }
  SUBCASE("with who takes nothing of it the session ends") {
    CHECK(eventually([&] { return proxy.ledger().closes(CloseReason::slow_consumer) == 1; }));
    CHECK(!session());
    client.read_to_end();
    CHECK(client.end() == End::reset);
  }
}

TEST_CASE("what of a POST waits for a backend that does not read is told, and for how long") {
  const Backend backend(kSmallBuffer);
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(
      "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1\r\nHost: chat.example\r\n"
      "Content-Length: 16777216\r\n\r\n");
  REQUIRE(client.send_what_fits(std::string(60'000, '4'), 16U << 20U) > 0);
  Peer upstream = backend.accept();
  const auto session = [&] { return *proxy.ledger().table().get({0, "abc"}); };
  CHECK(eventually([&] { return session().queued_bytes > 0; }));
  CHECK(eventually([&] { return session().traffic.paused_ns > 1'000'000'000; }));
  upstream.reset();
  CHECK(eventually([&] { return session().requests == 0; }));
  CHECK(session().queued_bytes == 0);
  CHECK(session().traffic.paused_ns ==
        proxy.counters().direction(metrics::Direction::in).paused_ns.value());
}

TEST_CASE("a session whose answer is lost for want of room ends, too") {
  const Backend backend;
  RunningProxy proxy({backend.address()},
                     {.limits = "buffered_per_session = \"1MiB\"\nbuffered_total = \"1MiB\""});
  std::vector<Pipe> polls;
  for (const std::string sid : {"one", "two", "three"}) {
    open_session(proxy, backend, open_packet(sid));
    Peer client = proxy.client(kSmallBuffer);
    client.send(poll(sid));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
    (void)upstream.send_what_fits(std::string(60'000, '4'), 16U << 20U);
    polls.push_back({std::move(client), std::move(upstream)});
  }
  CHECK(eventually([&] { return proxy.closes(CloseReason::over_budget) > 0; }));
  CHECK(proxy.ledger().closes(CloseReason::over_budget) == proxy.closes(CloseReason::over_budget));
  CHECK(eventually(
      [&] { return proxy.ledger().table().size() + proxy.closes(CloseReason::over_budget) == 3; }));
}

}  // namespace pinion::proxy
