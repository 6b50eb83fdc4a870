// Clients that send their FIN early, go on sending although they are refused, or fall silent in the
// middle of what they send.
#include "proxy/downstream.h"
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using namespace std::chrono_literals;
using metrics::CloseReason;

}  // namespace

TEST_CASE("a client that goes on sending what is refused can read why when it has sent it all") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.limits = "body = \"1KiB\""});
  Peer client = proxy.client();
  const std::string piece(10'000, 'x');
  client.send("POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: 10000000\r\n\r\n");
  // Longer than a client may take that is silent.
  (void)client.send_slowly(piece, 3s);
  CHECK(read_answer(client).starts_with("HTTP/1.1 413 "));
  CHECK(client.read_to_end().empty());
  CHECK(client.end() == End::fin);
}

TEST_CASE("a client can read why its head was refused, too, when it has sent all that follows") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send("POST /files HTTP/1.1\r\nHost: a\r\nBad Name: x\r\nContent-Length: 10000000\r\n\r\n");
  (void)client.send_slowly(std::string(10'000, 'x'), 3s);
  CHECK(read_answer(client).starts_with("HTTP/1.1 400 "));
  CHECK(client.read_to_end().empty());
  CHECK(client.end() == End::fin);
}

TEST_CASE("a stop that is longer than a timeout times nobody out whose bytes have come") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.timeouts = "request_head = \"2s\""});
  Peer client = proxy.client();
  const std::string request = poll("nobody");
  client.send(request.substr(0, 20));
  CHECK(eventually([&] { return proxy.buffered() > 0; }));
  proxy.while_stopped([&] {
    client.send(request.substr(20));
    const TimePoint began = monotonic_now();
    CHECK(eventually([&] { return monotonic_now() - began > 3s; }));
  });
  CHECK(read_answer(client).starts_with("HTTP/1.1 400 "));
  CHECK(proxy.closes(CloseReason::client_timeout) == 0);
}

TEST_CASE(
    "a row of requests that pinion answers by itself takes many turns, and all are answered") {
  constexpr std::uint32_t kMany = 2000;
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  std::string row;
  for (std::uint32_t i = 0; i < kMany; ++i) row += poll("nobody");
  std::uint32_t before = 0;
  proxy.on_worker([&](Worker& worker) { before = worker.loop().turn(); });
  proxy.while_stopped([&] { client.send(row); });
  SUBCASE("of one that goes on") {}
  SUBCASE("of one that has said all that it will say") { client.finish(); }
  for (std::uint32_t i = 0; i < kMany; ++i) {
    REQUIRE(read_answer(client).starts_with("HTTP/1.1 400 "));
  }
  std::uint32_t turns = 0;
  proxy.on_worker([&](Worker& worker) { turns = worker.loop().turn() - before; });
  // Once when they are read, and once when the turn is over.
  CHECK(turns >= kMany / (2 * Downstream::kAtOnce));
  CHECK(proxy.counters().pools[0].unknown_sid.value() == kMany);
  CHECK(proxy.buffered() == 0);
}

TEST_CASE("a body that stands still is not waited for, also when its answer has begun") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, {.timeouts = "request_body_idle = \"500ms\""});
  Peer client = proxy.client();
  client.send("POST /files HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\nabc");
  Peer upstream = backend.accept();
  upstream.read_until("abc");
  upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n");
  client.read_until("hi");
  SUBCASE("but for one that moves") {
    const std::size_t more = client.send_slowly("d", 1s);
    client.send(std::string(1000 - 3 - more, 'e'));
    upstream.read_until("e");
    (void)upstream.send_slowly("1\r\nx\r\n", 1s);
    upstream.send("0\r\n\r\n");
    client.read_until("0\r\n\r\n");
    CHECK(proxy.closes(CloseReason::client_timeout) == 0);
  }
  SUBCASE("nor cut off while its answer moves") {
    (void)upstream.send_slowly("1\r\nx\r\n", 1s);
    upstream.send("0\r\n\r\n");
    client.read_until("0\r\n\r\n");
    CHECK(proxy.closes(CloseReason::client_timeout) == 0);
  }
  SUBCASE("when it does not") {
    client.read_to_end();
    CHECK(client.end() == End::reset);
    CHECK(proxy.closes(CloseReason::client_timeout) == 1);
  }
}

TEST_CASE("requests that came before a client's FIN are answered, wherever it comes") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.keep_alive_connections = 1});
  Peer client = proxy.client(4096);
  client.send(get("/first") + get("/second"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  SUBCASE("with the first answer") {
    proxy.while_stopped([&] {
      upstream.send(answer("hi"));
      client.finish();
    });
  }
  SUBCASE("while it has still to be read") {
    upstream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
    // Until the kernel has all that it takes for this client, and the proxy has the rest.
    const std::size_t ahead = get("/second").size();
    while (proxy.buffered() <= ahead) {
      upstream.send("2710\r\n" + std::string(10'000, 'x') + "\r\n");
      proxy.on_worker([](Worker&) {});
    }
    upstream.send("0\r\n\r\n");
    REQUIRE(eventually([&] { return proxy.backend(0).inflight() == 0; }));
    REQUIRE(proxy.buffered() > ahead);
    proxy.while_stopped([&] { client.finish(); });
    proxy.on_worker([](Worker&) {});
    client.read_until("\r\n0\r\n\r\n");
  }
  CHECK(upstream.read_until("\r\n\r\n").starts_with("GET /second "));
  upstream.send(answer("the second"));
  CHECK(client.read_to_end().ends_with("the second"));
  CHECK(client.end() == End::fin);
}

TEST_CASE("pipelined requests that need no backend are answered behind a FIN, too") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.keep_alive_connections = 1});
  Peer client = proxy.client();
  client.send(get("/first") + poll("nobody") + poll("nobody") + poll("nobody"));
  client.finish();
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  proxy.on_worker([](Worker&) {});
  upstream.send(answer("hi"));
  for (int i = 0; i < 3; ++i) client.read_until("Session ID unknown");
  client.read_to_end();
  CHECK(client.end() == End::fin);
}

TEST_CASE("a FIN that came before the 101 reaches the backend") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(upgrade("/ws"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  proxy.while_stopped([&] { client.finish(); });
  proxy.on_worker([](Worker&) {});
  upstream.send(kSwitching);
  CHECK(upstream.read_to_end().empty());
  CHECK(upstream.end() == End::fin);
  upstream.close();
  CHECK(client.read_to_end().starts_with("HTTP/1.1 101 "));
}

TEST_CASE("a client that has only stopped sending gets the script that it has asked for") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(get("/socket.io/socket.io.js"));
  client.finish();
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  proxy.on_worker([](Worker&) {});
  upstream.send(answer("script"));
  CHECK(client.read_to_end().ends_with("script"));
}

TEST_CASE("who waits to be accepted when a listener closes is served all the same") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  std::vector<Peer> clients;
  const auto come_and_close = [&](const std::function<void(Worker&)>& close) {
    proxy.on_worker([&](Worker& worker) {
      for (int i = 0; i < 5; ++i) clients.push_back(proxy.client());
      for (const Peer& client : clients) client.send(get("/page"));
      close(worker);
    });
  };
  SUBCASE("by a reload") {
    come_and_close([](Worker& worker) { worker.stop_listening({"here"}); });
  }
  SUBCASE("at the end") {
    come_and_close([](Worker& worker) { worker.shut_down(std::chrono::seconds{20}); });
  }
  for (std::size_t i = 0; i < clients.size(); ++i) {
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(answer("served"));
  }
  for (Peer& client : clients) CHECK(read_answer(client).ends_with("served"));
}

TEST_CASE("a client that leaves while its backend is connected to asks nothing of it") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const std::string& request :
       {kHandshake, upgrade("/socket.io/?EIO=4&transport=websocket")}) {
    Peer client = proxy.client();
    // Its request and its end are there before the connection to the backend is.
    proxy.while_stopped([&] {
      client.send(request);
      client.finish();
    });
    CHECK(eventually([&] { return proxy.connections() == 0; }));
    CHECK(backend.accept().read_to_end().empty());
  }
  CHECK(proxy.ledger().table().size() == 0);
  CHECK(eventually([&] { return proxy.backend(0).assigned().total() == 0; }));
}

}  // namespace pinion::proxy
