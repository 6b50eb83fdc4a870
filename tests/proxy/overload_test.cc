#include "proxy/overload.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "speech.h"
#include "support/start.h"

namespace pinion::proxy {
namespace {

using namespace test;
using pinion::test::kStart;
using std::chrono::milliseconds;
using std::chrono::seconds;

const config::Overload kConfig{.no_keep_alive = 50,
                               .short_idle = 60,
                               .refuse_plain = 70,
                               .refuse_handshakes = 80,
                               .idle = seconds{1},
                               .loop_lag = seconds{1}};

std::size_t count(const std::array<bool, kRungs>& taken) {
  return static_cast<std::size_t>(std::ranges::count(taken, true));
}

}  // namespace

TEST_CASE("the rungs are taken in order, and left in the other") {
  OverloadLadder ladder;
  TimePoint now = kStart;
  const auto taken = [&](double connections) {
    return count(ladder.update({0.1, connections, 0.0}, kConfig, now));
  };
  CHECK(taken(0.49) == 0);
  CHECK(taken(0.50) == 1);
  CHECK(taken(0.65) == 2);
  CHECK(taken(0.79) == 3);
  // Connections are not given back by closing slow readers.
  CHECK(taken(1.0) == 4);
  const std::pair<double, std::size_t> steps[] = {
      {0.77, 4}, {0.76, 3}, {0.66, 2}, {0.55, 1}, {0.47, 0}};
  for (const auto& [connections, left] : steps) {
    CHECK(taken(connections) >= left);
    now += seconds{2};
    CHECK(taken(connections) == left);
  }
}

TEST_CASE("any resource takes them, buffers all") {
  OverloadLadder ladder;
  CHECK(count(ladder.update({0.99, 0.0, 0.0}, kConfig, kStart)) == 4);
  const auto all = ladder.update({1.0, 0.0, 0.0}, kConfig, kStart);
  CHECK(all[static_cast<std::size_t>(Rung::close_slowest)]);
}

TEST_CASE("one late turn of a loop is no overload, a second of them is") {
  OverloadLadder ladder;
  CHECK(count(ladder.update({0.0, 0.0, 1.0}, kConfig, kStart)) == 0);
  CHECK(count(ladder.update({0.0, 0.0, 0.0}, kConfig, kStart + milliseconds{100})) == 0);
  std::size_t taken = 0;
  for (int i = 2; i < 12; ++i) {
    taken = count(ladder.update({0.0, 0.0, 1.0}, kConfig, kStart + milliseconds{100 * i}));
  }
  CHECK(taken == 4);
}

TEST_CASE("a rung of 0 percent is never taken") {
  OverloadLadder ladder;
  CHECK(count(ladder.update({0.0, 5.0, 0.0}, {.loop_lag = seconds{1}}, kStart)) == 0);
}

TEST_CASE("idle connections are closed sooner once that rung is taken") {
  const pinion::proxy::test::Backend backend;
  RunningProxy proxy({backend.address()}, {.overload = "idle = \"100ms\"\n"});
  Peer client = proxy.client();
  CHECK(eventually([&] { return proxy.connections() == 1; }));
  proxy.on_worker([](Worker& worker) {
    worker.shared().overload.taken[static_cast<std::size_t>(Rung::short_idle)] = true;
  });
  // Long before the ten seconds that a new connection has for its first head.
  const TimePoint began = monotonic_now();
  client.read_to_end();
  CHECK(monotonic_now() - began < seconds{8});
}

TEST_CASE("a plain request's connection ends with its answer, one of socket.io does not") {
  const pinion::proxy::test::Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  proxy.on_worker([](Worker& worker) {
    worker.shared().overload.taken[static_cast<std::size_t>(Rung::no_keep_alive)] = true;
  });
  Peer talker = proxy.client();
  talker.send(poll("abc"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("6"));
  CHECK(read_answer(talker).find("onnection: close") == std::string::npos);
  Peer plain = proxy.client();
  plain.send(get("/"));
  Peer other = backend.accept();
  other.read_until("\r\n\r\n");
  other.send(answer("hello"));
  CHECK(read_answer(plain).find("onnection: close") != std::string::npos);
  CHECK(plain.read_to_end().empty());
}

TEST_CASE("a handshake that is sent away keeps its connection only while there are enough") {
  const pinion::proxy::test::Backend backend;
  RunningProxy proxy({backend.address()});
  const auto take = [&](Rung rung) {
    proxy.on_worker([rung](Worker& worker) {
      worker.shared().overload.taken[static_cast<std::size_t>(rung)] = true;
    });
  };
  take(Rung::refuse_handshakes);
  Peer client = proxy.client();
  client.send(kHandshake);
  CHECK(read_answer(client).find("onnection: close") == std::string::npos);
  take(Rung::no_keep_alive);
  client.send(kHandshake);
  const std::string refused = read_answer(client);
  CHECK(refused.starts_with("HTTP/1.1 503"));
  CHECK(refused.find("onnection: close") != std::string::npos);
  CHECK(client.read_to_end().empty());
}

TEST_CASE("plain requests are refused before handshakes, and those before anybody in a session") {
  const pinion::proxy::test::Backend backend;
  RunningProxy proxy({backend.address()});
  open_session(proxy, backend, open_packet("abc"));
  const auto take = [&](Rung rung) {
    proxy.on_worker([rung](Worker& worker) {
      worker.shared().overload.taken[static_cast<std::size_t>(rung)] = true;
    });
  };
  take(Rung::refuse_plain);
  Peer plain = proxy.client();
  plain.send(get("/"));
  const std::string refused = read_answer(plain);
  CHECK(refused.starts_with("HTTP/1.1 503"));
  CHECK(refused.find("Retry-After: ") != std::string::npos);
  open_session(proxy, backend, open_packet("def"));
  take(Rung::refuse_handshakes);
  Peer late = proxy.client();
  late.send(kHandshake);
  CHECK(read_answer(late).find("X-Pinion-Error: overloaded") != std::string::npos);
  Peer talker = proxy.client();
  talker.send(poll("def"));
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("6"));
  CHECK(read_answer(talker).starts_with("HTTP/1.1 200"));
}

}  // namespace pinion::proxy
