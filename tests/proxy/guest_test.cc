// Connections above max_connections.
#include "speech.h"

namespace pinion::proxy {

using namespace test;

namespace {

// A proxy with a session by polling, all of whose connections are taken: one.
struct Taken {
  Backend backend;
  RunningProxy proxy{{backend.address()}, {.max_connections = 1}};
  Peer first = take();

  Peer take() {
    open_session(proxy, backend, open_packet("abc"));
    CHECK(eventually([&] { return proxy.connections() == 0; }));
    Peer client = proxy.client();
    CHECK(eventually([&] { return proxy.connections() == 1; }));
    return client;
  }
};

}  // namespace

TEST_CASE("a connection too many is turned away with a reason") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.max_connections = 1});
  Peer first = proxy.client();
  CHECK(eventually([&] { return proxy.connections() == 1; }));
  Peer second = proxy.client();
  const std::string got = second.read_to_end();
  CHECK(got.starts_with("HTTP/1.1 503"));
  CHECK(got.find("X-Pinion-Error: too-many-connections") != std::string::npos);
  Peer third = proxy.client();
  third.send("GET / HTTP/1.1\r\nHost: chat.example\r\nOrigin: https://page.example\r\n\r\n");
  const std::string answered = third.read_to_end();
  CHECK(answered.starts_with("HTTP/1.1 503"));
  CHECK(answered.find("Access-Control-Allow-Origin: https://page.example") != std::string::npos);
  first.send(get("/"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("served"));
  CHECK(read_answer(first).ends_with("served"));
}

TEST_CASE("a session goes on by polling on a connection too many, and nothing else does") {
  Taken here;
  auto& [backend, proxy, first] = here;
  Peer guest = proxy.client();
  guest.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("4hello"));
  const std::string got = guest.read_to_end();
  CHECK(got.starts_with("HTTP/1.1 200"));
  CHECK(got.find("Connection: close") != std::string::npos);
  CHECK(got.ends_with("4hello"));

  const std::string session = "/socket.io/?EIO=4&transport=websocket&sid=abc";
  for (const std::string& other : {upgrade(session), poll("unknown"), kHandshake, get("/")}) {
    CAPTURE(other);
    Peer stranger = proxy.client();
    stranger.send(other);
    CHECK(stranger.read_to_end().starts_with("HTTP/1.1 503"));
  }
  const auto shed = static_cast<std::size_t>(metrics::ShedReason::connections);
  CHECK(proxy.counters().shed[shed].value() == 4);
}

TEST_CASE(
    "a POST on a connection too many reaches its session whole, also of who sends its end first") {
  Taken here;
  auto& [backend, proxy, first] = here;
  Peer guest = proxy.client();
  const std::string event = R"(42["said"])";
  guest.send(post("/socket.io/?EIO=4&transport=polling&sid=abc", event));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  CHECK(upstream.read(event.size()) == event);
  upstream.send(answer("ok"));
  CHECK(guest.read_to_end().ends_with("ok"));

  Peer half = proxy.client();
  half.send("GET / HT");
  half.finish();
  CHECK(half.read_to_end().empty());
}

TEST_CASE("no more than so many are heard beyond the connections that there may be") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, {.max_connections = 1});
  std::vector<Peer> there;
  for (int i = 0; i < 1 + 32; ++i) there.push_back(proxy.client());
  CHECK(eventually([&] { return proxy.connections() == 33; }));
  Peer one_more = proxy.client();
  CHECK(one_more.read_to_end().empty());
  CHECK(one_more.end() == End::reset);
  // Those who say nothing leave their places soon.
  CHECK(there.back().read_to_end().starts_with("HTTP/1.1 503"));
  there.erase(there.begin() + 1, there.end());
  CHECK(eventually([&] { return proxy.connections() == 1; }));
}

}  // namespace pinion::proxy
