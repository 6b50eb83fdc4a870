// Handshakes that wait for room, on a worker of its own.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using metrics::AdmissionResult;

std::uint64_t count(RunningProxy& proxy, AdmissionResult result) {
  return proxy.counters().pools[0].admissions[static_cast<std::size_t>(result)].value();
}
std::uint64_t shed(RunningProxy& proxy, metrics::ShedReason reason) {
  return proxy.counters().shed[static_cast<std::size_t>(reason)].value();
}
bool somebody_waits(RunningProxy& proxy) {
  bool waiting = false;
  proxy.on_worker([&](Worker& worker) { waiting = worker.admission().queue(0).anybody_waits(); });
  return waiting;
}
Options with(const std::string& admission) { return {.pool = "[pool.admission]\n" + admission}; }

/// A handshake for which it is too early, where one session a second may begin.
Peer one_that_waits(RunningProxy& proxy, const Backend& backend) {
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(kHandshake);
  CHECK(eventually([&] { return somebody_waits(proxy); }));
  return client;
}

void serve_handshake(const Backend& backend, const std::string& sid) {
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer(open_packet(sid)));
}

}  // namespace

TEST_CASE("above the rate a handshake waits for its time") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 4\n"));
  const TimePoint began = monotonic_now();
  std::vector<Peer> clients;
  for (int i = 0; i < 4; ++i) {
    clients.push_back(proxy.client());
    clients.back().send(kHandshake);
  }
  for (int i = 0; i < 4; ++i) serve_handshake(backend, std::to_string(i));
  for (Peer& client : clients) CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  CHECK(monotonic_now() - began >= std::chrono::milliseconds{700});
  CHECK(count(proxy, AdmissionResult::admitted) == 3);
}

TEST_CASE("who has waited in vain hears when to come back, and can ask again") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"100ms\"\n"));
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(kHandshake);
  const std::string refused = read_answer(client);
  CHECK(refused.starts_with("HTTP/1.1 503"));
  CHECK(refused.find("Retry-After: ") != std::string::npos);
  CHECK(refused.find("X-Pinion-Error: full") != std::string::npos);
  CHECK(count(proxy, AdmissionResult::expired) == 1);
  CHECK(shed(proxy, metrics::ShedReason::queue_expired) == 1);
  client.send(poll("nobody"));
  CHECK(read_answer(client).starts_with("HTTP/1.1 400"));
}

TEST_CASE("who waits for room hears at once that there is none once handshakes are refused") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"1m\"\n"));
  Peer client = one_that_waits(proxy, backend);
  proxy.on_worker([](Worker& worker) {
    worker.shared().overload.taken[static_cast<std::size_t>(Rung::refuse_handshakes)] = true;
  });
  CHECK(read_answer(client).find("X-Pinion-Error: overloaded") != std::string::npos);
  CHECK(count(proxy, AdmissionResult::refused) == 1);
  CHECK(shed(proxy, metrics::ShedReason::overload_handshakes) == 1);
}

TEST_CASE("a full queue refuses at once, and without a queue so does the rate") {
  const Backend backend;
  for (const std::string queue : {"0", "1"}) {
    RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"1m\"\nqueue = " + queue));
    open_session(proxy, backend, open_packet("abc"));
    Peer waits = proxy.client();
    if (queue == "1") {
      waits.send(kHandshake);
      CHECK(eventually([&] { return somebody_waits(proxy); }));
    }
    Peer client = proxy.client();
    client.send(kHandshake);
    CHECK(read_answer(client).starts_with("HTTP/1.1 503"));
    CHECK(shed(proxy, queue == "0" ? metrics::ShedReason::rate : metrics::ShedReason::queue_full) ==
          1);
    waits.reset();
  }
}

TEST_CASE("a client that goes away while it waits leaves at once, by FIN or by RST") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"1m\"\n"));
  open_session(proxy, backend, open_packet("abc"));
  const Peer finishes = proxy.client();
  finishes.send(kHandshake);
  Peer resets = proxy.client();
  resets.send(kHandshake);
  CHECK(eventually([&] { return proxy.connections() == 2; }));
  finishes.finish();
  resets.reset();
  CHECK(eventually([&] { return proxy.connections() == 0; }));
  const auto seen = count(proxy, AdmissionResult::left) + count(proxy, AdmissionResult::admitted);
  CHECK(seen <= 2);
  // One of them may have had its turn before it left: the backend's listener takes what came.
  while (!backend.nobody_waits()) (void)backend.accept();
}

TEST_CASE("what a waiting client sends ahead is its next request") {
  const Backend backend;
  const RunningProxy proxy({backend.address()}, with("rate = 2\n"));
  open_session(proxy, backend, open_packet("abc"));
  Peer client = proxy.client();
  client.send(kHandshake + poll("nobody"));
  serve_handshake(backend, "def");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  CHECK(read_answer(client).starts_with("HTTP/1.1 400"));
}

TEST_CASE("a request that heralds a session leaves the turn at its backend to the handshake") {
  const Backend one;
  const Backend two;
  RunningProxy proxy({one.address(), two.address()},
                     {.pool = "[pool.affinity]\nids = [\"cookie:tab\", \"json:id\"]\n"
                              "json_paths = [\"/cookie\"]\n"
                              "[pool.admission]\nrate = 1\nqueue = 0\n"});
  Peer client = proxy.client();
  const std::string body = R"({"id":"tab"})";
  client.send(post("/cookie", body));
  CHECK(eventually([&] { return !one.nobody_waits() || !two.nobody_waits(); }));
  const Backend& chosen = one.nobody_waits() ? two : one;
  Peer upstream = chosen.accept();
  upstream.read_until("\r\n\r\n");
  upstream.read(body.size());
  upstream.send(answer("ok"));
  CHECK(read_answer(client).ends_with("ok"));
  client.send(
      "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nCookie: tab=tab\r\n\r\n");
  serve_handshake(chosen, "abc");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
}

TEST_CASE("who comes home waits for the rate too, and keeps nobody from the other backend") {
  const Backend home;
  const Backend other;
  RunningProxy proxy(
      {home.address(), other.address()},
      {.pool = "balance = \"least_sessions\"\n[pool.affinity]\nids = [\"query:id\"]\n"
               "[pool.admission]\nrate = 2\n"});
  proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(0).id(), std::chrono::hours{1},
                                 monotonic_now());
  const std::string comes_home = get("/socket.io/?EIO=4&transport=polling&id=tab");
  const TimePoint began = monotonic_now();
  Peer first = proxy.client();
  first.send(comes_home);
  serve_handshake(home, "one");
  CHECK(read_answer(first).starts_with("HTTP/1.1 200"));
  Peer second = proxy.client();
  second.send(comes_home);
  CHECK(eventually([&] { return somebody_waits(proxy); }));
  const auto next_is_for_all = [&] {
    return proxy.backend(0).pace().ready_for_new(monotonic_now() + std::chrono::hours{1}, 2);
  };
  CHECK_FALSE(next_is_for_all());
  Peer stranger = proxy.client();
  stranger.send(kHandshake);
  serve_handshake(other, "two");
  CHECK(read_answer(stranger).starts_with("HTTP/1.1 200"));
  serve_handshake(home, "three");
  CHECK(read_answer(second).starts_with("HTTP/1.1 200"));
  CHECK(next_is_for_all());
  CHECK(monotonic_now() - began >= std::chrono::milliseconds{450});
}

TEST_CASE("who waits for a home that takes nobody any more does not keep it from itself") {
  const Backend home;
  RunningProxy proxy({home.address()}, {.pool = "[pool.affinity]\nids = [\"query:id\"]\n"
                                                "[pool.admission]\nrate = 2\nwait = \"1m\"\n"});
  proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(0).id(), std::chrono::hours{1},
                                 monotonic_now());
  const std::string comes_home = get("/socket.io/?EIO=4&transport=polling&id=tab");
  Peer first = proxy.client();
  first.send(comes_home);
  serve_handshake(home, "one");
  CHECK(read_answer(first).starts_with("HTTP/1.1 200"));
  Peer second = proxy.client();
  second.send(comes_home);
  CHECK(eventually([&] { return somebody_waits(proxy); }));
  // It is the only one there is, so it is tried all the same.
  balance::Health& health = proxy.backend(0).health();
  for (int i = 0; !health.fails_handshakes() && i < 100; ++i) {
    (void)health.handshake_answered(true, monotonic_now());
  }
  CHECK_FALSE(proxy.backend(0).takes_sessions());
  serve_handshake(home, "two");
  CHECK(read_answer(second).starts_with("HTTP/1.1 200"));
}

TEST_CASE("who has lost a session and is sent away goes before others when it comes again") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"100ms\"\n"));
  open_session(proxy, backend, open_packet("abc"));
  proxy.ledger().lost_clients().lost("127.0.0.1");
  Peer client = proxy.client();
  client.send(kHandshake);
  CHECK(read_answer(client).starts_with("HTTP/1.1 503"));
  CHECK(proxy.ledger().lost_clients().take("127.0.0.1"));
}

TEST_CASE("who shows a known id goes before those who came earlier, though its home is gone") {
  const Backend gone;
  const Backend other;
  RunningProxy proxy({gone.address(), other.address()},
                     {.pool = "[pool.affinity]\nids = [\"query:id\"]\n"
                              "[pool.admission]\nwait = \"1m\"\n"});
  proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(0).id(), std::chrono::hours{1},
                                 monotonic_now());
  proxy.backend(0).set_draining(true);
  proxy.backend(1).limit_sessions(1);
  const balance::Reservation last_place = balance::reserve_at(proxy.backend(1));
  REQUIRE(last_place);
  const auto waiting = [&](balance::Rank rank) {
    std::size_t number = 0;
    proxy.on_worker([&](Worker& worker) { number = worker.shared().admissions[0].of(rank); });
    return number;
  };
  Peer stranger = proxy.client();
  stranger.send(kHandshake);
  CHECK(eventually([&] { return waiting(balance::Rank::fresh) == 1; }));
  Peer returns = proxy.client();
  returns.send(get("/socket.io/?EIO=4&transport=polling&id=tab"));
  CHECK(eventually([&] { return waiting(balance::Rank::returning) == 1; }));
  proxy.backend(1).limit_sessions(2);
  Peer upstream = other.accept();
  CHECK(upstream.read_until("\r\n\r\n").find("&id=tab ") != std::string::npos);
  upstream.send(answer(open_packet("abc")));
  CHECK(read_answer(returns).starts_with("HTTP/1.1 200"));
  CHECK(waiting(balance::Rank::fresh) == 1);
}

TEST_CASE("who waits after a connect has timed out is not sent there again") {
  const Backend hangs;
  const Backend other;
  RunningProxy proxy(
      {hangs.address(), other.address()},
      {.timeouts = "connect = \"50ms\"", .pool = "[pool.admission]\nwait = \"1m\"\n"});
  proxy.backend(0).health().set_rules(2, 3);
  const Peer fills = hangs.fill_backlog();
  proxy.backend(1).limit_sessions(1);
  const balance::Reservation last_place = balance::reserve_at(proxy.backend(1));
  REQUIRE(last_place);
  Peer client = proxy.client();
  client.send(kHandshake);
  CHECK(eventually([&] { return somebody_waits(proxy); }));
  const TimePoint since = monotonic_now();
  CHECK(eventually([&] { return monotonic_now() - since > std::chrono::milliseconds{200}; }));
  CHECK(somebody_waits(proxy));
  CHECK(proxy.backend(0).health().up());
  proxy.backend(1).limit_sessions(2);
  serve_handshake(other, "abc");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  constexpr auto kTimeout = static_cast<std::size_t>(metrics::ConnectResult::timeout);
  CHECK(proxy.counters().upstream_connects[kTimeout].value() == 1);
}

TEST_CASE("nobody waits for a pool of which every backend drains") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"1m\"\n"));
  Peer client = one_that_waits(proxy, backend);
  proxy.backend(0).set_draining(true);
  CHECK(read_answer(client).find("X-Pinion-Error: no-backend") != std::string::npos);
}

TEST_CASE("the end of the worker empties the queue") {
  const Backend backend;
  RunningProxy proxy({backend.address()}, with("rate = 1\nwait = \"1m\"\n"));
  Peer client = one_that_waits(proxy, backend);
  proxy.on_worker([](Worker& worker) { worker.shut_down(std::chrono::minutes{1}); });
  const std::string refused = client.read_until("\r\n\r\n");
  CHECK(refused.find("X-Pinion-Error: shutting-down") != std::string::npos);
  client.read_to_end();
}

}  // namespace pinion::proxy
