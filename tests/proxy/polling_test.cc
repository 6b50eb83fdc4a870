// Sessions by polling: learnt, pinned, and told at once when they are lost.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;

bool has_session(RunningProxy& proxy, const std::string& sid) {
  return proxy.ledger().find({0, sid}).has_value();
}

void check_unknown(const std::string& got) {
  CHECK(got.starts_with("HTTP/1.1 400"));
  CHECK(got.ends_with(R"({"code":1,"message":"Session ID unknown"})"));
  CHECK(got.find("X-Pinion-Error: unknown-session") != std::string::npos);
}

}  // namespace

TEST_CASE("a session's requests go to its backend, from any connection") {
  const Backend first;
  const Backend second;
  RunningProxy proxy({first.address(), second.address()});
  // The first handshake may land on either; the second takes the other.
  Peer one = proxy.client();
  one.send(kHandshake);
  CHECK(eventually([&] { return !first.nobody_waits() || !second.nobody_waits(); }));
  const bool first_is_first = !first.nobody_waits();
  const Backend& home = first_is_first ? first : second;
  const Backend& other = first_is_first ? second : first;
  Peer upstream = home.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer(open_packet("home")));
  read_answer(one);
  open_session(proxy, other, open_packet("other"));
  Peer shared = proxy.client();
  for (const std::string sid : {"home", "other", "home", "home", "other"}) {
    shared.send(poll(sid));
    Peer polled = (sid == "home" ? home : other).accept();
    CHECK(polled.read_until("\r\n\r\n").find("sid=" + sid) != std::string::npos);
    polled.send(answer("2"));
    CHECK(read_answer(shared).ends_with("2"));
  }
}

TEST_CASE("an unknown session is told without asking a backend") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(poll("nobody"));
  check_unknown(read_answer(client));
  client.send(post("/socket.io/?EIO=4&transport=polling&sid=nobody", "40"));
  check_unknown(read_answer(client));
  CHECK(backend.nobody_waits());
  CHECK(proxy.counters().pools[0].unknown_sid.value() == 2);
}

TEST_CASE(
    "a POST that is on its way when its session is closed comes whole, and the next poll hears "
    "it") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  const std::string body = "42" + std::string(2000, 'b');
  const std::string request = post("/socket.io/?EIO=4&transport=polling&sid=abc", body);
  client.send(request.substr(0, request.size() - 500));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.read(body.size() - 500);
  const std::uint64_t serial = proxy.ledger().find({0, "abc"})->serial;
  proxy.ledger().close({0, "abc"}, serial, CloseReason::moved);
  proxy.on_worker(
      [&](Worker& worker) { worker.close_sessions(std::span(&serial, 1), CloseReason::moved); });
  client.send(request.substr(request.size() - 500));
  CHECK(upstream.read(500) == std::string(500, 'b'));
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  client.send(poll("abc"));
  check_unknown(read_answer(client));
}

TEST_CASE("what a client takes to send a POST is not how long its backend takes to answer") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  const std::string request = post("/socket.io/?EIO=4&transport=polling&sid=abc", "42[1]");
  client.send(request.substr(0, request.size() - 2));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  const TimePoint since = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - since > std::chrono::seconds{2}; }));
  client.send(request.substr(request.size() - 2));
  upstream.read(5);
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  const auto latency = proxy.backend(0).push_latency().seconds(monotonic_now());
  REQUIRE(latency);
  CHECK(*latency > 0);
  CHECK(*latency < 1.9);
}

TEST_CASE("a session whose backend refuses is unknown at once, and its pin is gone") {
  Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  open_session(proxy, backend, open_packet("def"));
  backend.stop();
  Peer client = proxy.client();
  client.send(poll("abc"));
  check_unknown(read_answer(client));
  CHECK_FALSE(has_session(proxy, "abc"));
  // The process is gone, and so is what else it held.
  CHECK_FALSE(has_session(proxy, "def"));
  CHECK(proxy.closes(CloseReason::backend_unreachable) == 2);
}

TEST_CASE("a handshake passes over backends that refuse") {
  const Backend alive;
  RunningProxy proxy({refusing_address(), refusing_address(), alive.address()});
  for (int i = 0; i < 5; ++i) open_session(proxy, alive, open_packet("s" + std::to_string(i)));
  CHECK(proxy.backend(2).assigned().live == 5);
  CHECK(proxy.backend(0).assigned().total() == 0);
}

TEST_CASE("a chunked POST of a session goes on with its length") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(
      "POST /socket.io/?EIO=4&transport=polling&sid=abc HTTP/1.1\r\nHost: x\r\n"
      "Transfer-Encoding: chunked\r\n\r\n2\r\n42\r\n");
  CHECK(backend.nobody_waits());
  client.send("5\r\n[\"a\"]\r\n0\r\n\r\n" + get("/next"));
  Peer upstream = backend.accept();
  const std::string head = upstream.read_until("\r\n\r\n");
  CHECK(head.find("Content-Length: 7\r\n") != std::string::npos);
  CHECK(head.find("ransfer-") == std::string::npos);
  CHECK(upstream.read(7) == "42[\"a\"]");
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  Peer next = backend.accept();
  CHECK(next.read_until("\r\n\r\n").starts_with("GET /next "));
  next.send(answer("next"));
  CHECK(read_answer(client).ends_with("next"));
}

TEST_CASE("a poll that its client gives up is given up at the backend") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  for (const bool with_reset : {false, true}) {
    Peer client = proxy.client();
    client.send(poll("abc"));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    if (with_reset) {
      client.reset();
    } else {
      client.finish();
    }
    CHECK(upstream.read_to_end().empty());
  }
}

TEST_CASE("a poll that waits when pinion ends hears at once that its session is unknown") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  proxy.on_worker([](Worker& worker) { worker.shut_down(std::chrono::minutes{1}); });
  const std::string got = client.read_to_end();
  CHECK(got.starts_with("HTTP/1.1 400"));
  CHECK(got.find("Connection: close") != std::string::npos);
  CHECK(got.find("Session ID unknown") != std::string::npos);
  CHECK(upstream.read_to_end().empty());
}

TEST_CASE("a session ends with its close packet, from either side, or when the backend forgot it") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  const auto exchange = [&](const std::string& request, const std::string& reply) {
    open_session(proxy, backend, open_packet("abc"));
    client.send(request);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(reply);
    read_answer(client);
    return eventually([&] { return !has_session(proxy, "abc"); });
  };
  CHECK(exchange(poll("abc"), answer("1")));
  CHECK(exchange(post("/socket.io/?EIO=4&transport=polling&sid=abc", "1"), answer("ok")));
  CHECK(proxy.closes(CloseReason::backend_engineio_close) == 1);
  CHECK(proxy.closes(CloseReason::client_engineio_close) == 1);
  CHECK(exchange(poll("abc"),
                 answer(R"({"code":1,"message":"Session ID unknown"})", "400 Bad Request")));
  CHECK(proxy.closes(CloseReason::unknown_session) == 1);
}

TEST_CASE("what a request says of its protocol does not count, but what its handshake said") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  const auto ask = [&](const std::string& request, const std::string& reply) {
    client.send(request);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(reply);
    CHECK(read_answer(client).ends_with(reply.substr(reply.size() - 2)));
  };
  open_session(proxy, backend, open_packet("abc"));
  // To protocol 3 these would be close packets: of 3 bytes, and of 2.
  ask(post("/socket.io/?EIO=3&transport=polling&sid=abc", "3:1xx"), answer("ok"));
  ask(get("/socket.io/?transport=polling&sid=abc"), answer("2:1x"));
  CHECK(has_session(proxy, "abc"));
  ask(post("/socket.io/?transport=polling&sid=abc&j=0",
           "4x\x1e"
           "1"),
      answer("ok"));
  CHECK(eventually([&] { return !has_session(proxy, "abc"); }));
}

TEST_CASE("a handshake that opens no session gives its place back") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  for (const std::string& reply :
       {answer(R"({"code":0,"message":"Transport unknown"})", "400 Bad Request"), answer("hello"),
        answer("")}) {
    client.send(kHandshake);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    CHECK(proxy.backend(0).assigned().reserved == 1);
    upstream.send(reply);
    read_answer(client);
    CHECK(eventually([&] { return proxy.backend(0).assigned().total() == 0; }));
  }
}

TEST_CASE("a client that leaves in the middle of its handshake gives its place back") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(kHandshake);
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0{\"sid\":\"a");
  client.reset();
  CHECK(upstream.read_to_end().empty());
  CHECK(eventually([&] { return proxy.backend(0).assigned().total() == 0; }));
  CHECK(proxy.ledger().table().size() == 0);
}

TEST_CASE("a cut handshake opens no session") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(kHandshake);
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n0{\"sid\":\"a");
  upstream.close();
  // Nothing of it was sent, so the client gets a whole answer instead.
  const std::string got = read_answer(client);
  CHECK(got.starts_with("HTTP/1.1 502"));
  CHECK(got.find("sid") == std::string::npos);
  CHECK(proxy.ledger().table().size() == 0);
}

}  // namespace pinion::proxy
