// A session that begins on a WebSocket: its open packet is held until the pin stands, however the
// network cuts it.

#include "engineio/fixture.h"
#include "speech.h"
#include "support/all_sessions.h"
#include "websocket/frame_maker.h"

namespace pinion::proxy {
namespace {

using namespace test;
using engineio::test::fixture;

const std::string kTarget = "/socket.io/?EIO=4&transport=websocket";

}  // namespace

TEST_CASE("an open packet is released untouched, after its pin, wherever it is cut") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const char* name : {"node6-websocket.bin", "node6-websocket-deflate.bin",
                           "node3-websocket.bin", "python-wsproto-websocket-deflate.bin"}) {
    const std::string opened = fixture(name);
    for (std::size_t cut = 0; cut <= opened.size(); ++cut) {
      CAPTURE(name);
      CAPTURE(cut);
      Pipe pipe = open_tunnel(proxy, backend, kTarget);
      pipe.backend.send(opened.substr(0, cut));
      if (cut < opened.size()) {
        // The proxy has seen the first part before the second is sent.
        proxy.on_worker([](Worker&) {});
        CHECK(proxy.ledger().table().size() == 0);
        pipe.backend.send(opened.substr(cut));
      }
      pipe.client.read(1);
      REQUIRE(proxy.ledger().table().size() == 1);
      REQUIRE(pipe.client.read(opened.size() - 1) == opened.substr(1));
      const auto session = pinion::test::all_sessions(proxy.ledger().table()).at(0);
      CHECK(session.has_tunnel);
      CHECK(session.sid.size() == 20);
      pipe.client.reset();
      REQUIRE(eventually([&] { return proxy.ledger().table().size() == 0; }));
    }
  }
}

TEST_CASE(
    "an open packet may share its segment with the 101, or come byte by byte with what follows") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  const std::string opened = fixture("node6-websocket-deflate.bin");
  const std::string next = websocket::test::write({.payload = "40{\"sid\":\"public\"}"});
  Peer client = proxy.client();
  client.send(upgrade(kTarget));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  SUBCASE("at once") { upstream.send(kSwitching + opened + next); }
  SUBCASE("byte by byte") {
    for (const char c : kSwitching + opened + next) upstream.send({&c, 1});
  }
  client.read_until("\r\n\r\n");
  CHECK(client.read(opened.size() + next.size()) == opened + next);
  CHECK(proxy.ledger().table().size() == 1);
  CHECK(proxy.backend(0).websockets() == 1);
}

TEST_CASE("what is no open packet is released, and no session is made of it") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const std::string& first :
       {websocket::test::write({.payload = "hello"}), std::string("\x88\x02\x03\xe8", 4),
        websocket::test::write({.payload = std::string(40'000, 'x')})}) {
    Pipe pipe = open_tunnel(proxy, backend, kTarget);
    CHECK(proxy.backend(0).assigned().reserved == 1);
    pipe.backend.send(first);
    CHECK(pipe.client.read(first.size()) == first);
    CHECK(proxy.ledger().table().size() == 0);
    CHECK(proxy.backend(0).assigned().total() == 0);
    // It is not to be stopped for that.
    CHECK_FALSE(proxy.backend(0).empty());
  }
  CHECK(eventually([&] { return proxy.backend(0).empty(); }));
}

TEST_CASE("a WebSocket that ends before its open packet gives its place back") {
  const Backend backend;
  RunningProxy proxy({backend.address()});
  for (const bool client_first : {true, false}) {
    Pipe pipe = open_tunnel(proxy, backend, kTarget);
    pipe.backend.send(fixture("node6-websocket.bin").substr(0, 10));
    (client_first ? pipe.client : pipe.backend).reset();
    Peer& other = client_first ? pipe.backend : pipe.client;
    CHECK(other.read_to_end().empty());
    CHECK(other.end() == End::reset);
    CAPTURE(client_first);
    CHECK(eventually([&] { return proxy.backend(0).assigned().total() == 0; }));
  }
}

}  // namespace pinion::proxy
