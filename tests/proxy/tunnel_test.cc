// WebSockets through a running proxy: bytes, ends, upgrades, idleness.
#include "proxy/tunnel.h"

#include "speech.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::CloseReason;
using websocket::test::Frame;
using websocket::test::write;

std::string from_client(const std::string& text) {
  return write({.mask_key = kMask, .payload = text});
}
std::string from_backend(const std::string& text) { return write({.payload = text}); }

}  // namespace

TEST_CASE("bytes pass a tunnel untouched, both ways") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Pipe pipe = open_tunnel(proxy, backend, "/ws");
  const std::string up = from_client(std::string(70'000, 'u')) + from_client("small");
  const std::string down = from_backend(std::string(200'000, 'd'));
  pipe.client.send(up);
  CHECK(pipe.backend.read(up.size()) == up);
  pipe.backend.send(down);
  CHECK(pipe.client.read(down.size()) == down);
}

TEST_CASE("what comes with the 101, or right after the request, is not lost") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  Peer client = proxy.client();
  client.send(upgrade("/ws") + from_client("early"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(kSwitching + from_backend("hello"));
  client.read_until("\r\n\r\n");
  CHECK(client.read(7) == from_backend("hello"));
  CHECK(upstream.read(11) == from_client("early"));
}

TEST_CASE("a half-closed tunnel goes on in the other direction") {
  const Backend backend;
  const RunningProxy proxy({backend.address()});
  for (const bool client_first : {true, false}) {
    Pipe pipe = open_tunnel(proxy, backend, "/ws");
    Peer& first = client_first ? pipe.client : pipe.backend;
    Peer& second = client_first ? pipe.backend : pipe.client;
    first.send("last words");
    first.finish();
    CHECK(second.read_to_end() == "last words");
    CHECK(second.end() == End::fin);
    second.send("heard");
    CHECK(first.read(5) == "heard");
    second.close();
    CHECK(first.read_to_end().empty());
    CHECK(first.end() == End::fin);
  }
}

TEST_CASE("a reset is handed on as one") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const bool client_first : {true, false}) {
    Pipe pipe = open_tunnel(proxy, backend, "/ws");
    Peer& first = client_first ? pipe.client : pipe.backend;
    Peer& second = client_first ? pipe.backend : pipe.client;
    first.reset();
    second.read_to_end();
    CHECK(second.end() == End::reset);
  }
  CHECK(eventually([&] {
    return proxy.closes(CloseReason::client_reset) == 1 &&
           proxy.closes(CloseReason::backend_reset) == 1;
  }));
}

TEST_CASE("a session is upgraded with its second message, and ends with its WebSocket") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket&sid=abc");
  pipe.client.send(from_client("2probe"));
  CHECK(pipe.backend.read(12) == from_client("2probe"));
  pipe.backend.send(from_backend("3probe"));
  CHECK(pipe.client.read(8) == from_backend("3probe"));
  CHECK(proxy.backend(0).websockets() == 0);
  pipe.client.send(from_client("5"));
  CHECK(pipe.backend.read(7) == from_client("5"));
  CHECK(eventually([&] { return proxy.backend(0).websockets() == 1; }));
  CHECK(proxy.backend(0).assigned().live == 1);
  pipe.client.finish();
  CHECK(pipe.backend.read_to_end().empty());
  pipe.backend.close();
  // The worker takes it out of the table first, then settles its counts.
  CHECK(eventually([&] { return proxy.closes(CloseReason::client_closed) == 1; }));
  CHECK(proxy.ledger().table().size() == 0);
  CHECK(proxy.backend(0).websockets() == 0);
}

TEST_CASE("an upgrade that fails leaves the session on polling") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  {
    Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket&sid=abc");
    pipe.client.send(from_client("2probe"));
    pipe.backend.read(12);
    pipe.client.reset();
    pipe.backend.read_to_end();
  }
  CHECK(eventually([&] {
    const auto found = proxy.ledger().find({0, "abc"});
    return found && !found->has_tunnel;
  }));
  Peer client = proxy.client();
  client.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("2"));
  CHECK(read_answer(client).ends_with("2"));
}

// By a packet that is no probe: the session can go on by polling then.
TEST_CASE("an upgrade whose client goes before its probe is called off") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  const std::string target = "/socket.io/?EIO=4&transport=websocket&sid=abc";
  const auto is_noop = [](const std::string& bytes) {
    return bytes.size() == 7 && bytes[0] == '\x81' && bytes[1] == '\x81' &&
           (bytes[2] ^ bytes[6]) == '6';
  };
  for (const bool by_reset : {false, true}) {
    CAPTURE(by_reset);
    Pipe pipe = open_tunnel(proxy, backend, target);
    by_reset ? pipe.client.reset() : pipe.client.close();
    CHECK(is_noop(pipe.backend.read_to_end()));
  }
  {
    // Before the 101.
    Peer client = proxy.client();
    client.send(upgrade(target));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    client.close();
    CHECK(is_noop(upstream.read_to_end()));
  }
  {
    // Its probe is on its way.
    Pipe pipe = open_tunnel(proxy, backend, target);
    const std::string probe = from_client("2probe");
    pipe.client.send(probe.substr(0, 5));
    CHECK(pipe.backend.read(5) == probe.substr(0, 5));
    pipe.client.close();
    CHECK(pipe.backend.read_to_end().empty());
  }
  CHECK(proxy.ledger().find({0, "abc"}));
}

TEST_CASE("a second WebSocket of a session that fails does not take the first one's session") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  const std::string target = "/socket.io/?EIO=4&transport=websocket&sid=abc";
  Pipe pipe = open_tunnel(proxy, backend, target);
  pipe.client.send(from_client("2probe") + from_client("5"));
  CHECK(eventually([&] { return proxy.backend(0).websockets() == 1; }));
  {
    Pipe second = open_tunnel(proxy, backend, target);
    second.backend.close();
    second.client.read_to_end();
  }
  CHECK(eventually([&] { return proxy.connections() == 1; }));
  const auto found = proxy.ledger().find({0, "abc"});
  REQUIRE(found);
  CHECK(found->has_tunnel);
}

TEST_CASE("a silent session is closed after its ping times, and not before") {
  using namespace std::chrono_literals;
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket");
  const TimePoint before = monotonic_now();
  pipe.backend.send(from_backend(open_packet("abc", 300, 200)));
  const std::string to_client = pipe.client.read_to_end();
  CHECK(monotonic_now() - before >= 450ms);
  CHECK(to_client.starts_with(from_backend(open_packet("abc", 300, 200))));
  CHECK(to_client.find("\x88") != std::string::npos);
  CHECK(to_client.find("\x03\xe9") != std::string::npos);  // 1001
  CHECK(pipe.backend.read_to_end().starts_with("\x88"));
  pipe.client.close();
  pipe.backend.close();
  CHECK(eventually([&] { return proxy.closes(CloseReason::expired) == 1; }));
}

TEST_CASE("a backend's close frame and a client's are told apart") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  const std::string close_frame = write({.opcode = 8, .payload = "\x03\xe8"});
  Pipe pipe = open_tunnel(proxy, backend, "/ws");
  pipe.backend.send(close_frame);
  CHECK(pipe.client.read(close_frame.size()) == close_frame);
  pipe.backend.close();
  pipe.client.close();
  CHECK(eventually([&] { return proxy.closes(CloseReason::backend_closed) == 1; }));
}

TEST_CASE("the round trip of a ping is measured, however its frames are cut") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  Pipe pipe = open_tunnel(proxy, backend, "/socket.io/?EIO=4&transport=websocket");
  const std::string opened = from_backend(open_packet("abc"));
  pipe.backend.send(opened);
  REQUIRE(pipe.client.read(opened.size()) == opened);
  const auto pings = [&] { return proxy.ledger().table().get({0, "abc"})->pings; };
  SUBCASE("by the client's answer, masked") {
    pipe.backend.send(from_backend("2"));
    CHECK(pipe.client.read(3) == from_backend("2"));
    pipe.client.send(from_client("3"));
    CHECK(pipe.backend.read(7) == from_client("3"));
    CHECK(eventually([&] { return pings().round_trip().has_value(); }));
    CHECK(pings().seen() == "client");
  }
  SUBCASE("by the backend's answer, byte by byte") {
    for (const char byte : from_client("2")) {
      pipe.client.send({&byte, 1});
      CHECK(pipe.backend.read(1) == std::string(1, byte));
    }
    for (const char byte : from_backend("3")) {
      pipe.backend.send({&byte, 1});
      CHECK(pipe.client.read(1) == std::string(1, byte));
    }
    CHECK(eventually([&] { return pings().round_trip().has_value(); }));
    CHECK(pings().seen() == "backend");
  }
  SUBCASE("not at all when they are compressed") {
    const std::string deflated = write({.rsv1 = true, .payload = std::string("2\4\0", 3)});
    pipe.backend.send(deflated);
    CHECK(pipe.client.read(deflated.size()) == deflated);
    CHECK(eventually([&] { return pings().seen() == "compressed"; }));
  }
}

}  // namespace pinion::proxy
