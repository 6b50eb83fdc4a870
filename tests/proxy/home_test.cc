// Where the ids and cookies of a handshake lead it.
#include "speech.h"

namespace pinion::proxy {
namespace {

using namespace test;
using namespace std::chrono_literals;

const std::string kOwnTab =
    "GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\nCookie: tab=other\r\n\r\n";

void open_at(const Backend& backend, const std::string& sid) {
  Peer upstream = backend.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer(open_packet(sid)));
}

/// The tab "other" lives at the first backend.
void make_home(RunningProxy& proxy) {
  (void)proxy.ledger().affinity().bind({0, "other"}, proxy.backend(0).id(), 1h, monotonic_now());
}

}  // namespace

TEST_CASE("who was moved away is not led back by the cookie of the browser's other tab") {
  const Backend former;
  const Backend other;
  RunningProxy proxy({former.address(), other.address()},
                     {.pool = "balance = \"least_sessions\"\n[pool.affinity]\n"
                              "ids = [\"connect:id\", \"cookie:tab\"]\n"});
  make_home(proxy);
  REQUIRE(proxy.backend(0).try_reserve(proxy.backend(0).assigned()));
  const balance::Reservation busier(proxy.backend(0));
  proxy.ledger().moved_clients().lost(
      SessionLedger::moved_from("127.0.0.1", proxy.backend(0).id()));
  Peer client = proxy.client();
  client.send(kOwnTab);
  open_at(other, "moved");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  // Each that was moved counts once.
  client.send(kOwnTab);
  open_at(former, "led");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
}

TEST_CASE("who has an address in common with one that was moved away is led home all the same") {
  const Backend home;
  const Backend left;
  RunningProxy proxy({home.address(), left.address()},
                     {.pool = "balance = \"least_sessions\"\n[pool.affinity]\n"
                              "ids = [\"cookie:tab\"]\n"});
  make_home(proxy);
  REQUIRE(proxy.backend(0).try_reserve(proxy.backend(0).assigned()));
  const balance::Reservation busier(proxy.backend(0));
  proxy.ledger().moved_clients().lost(
      SessionLedger::moved_from("127.0.0.1", proxy.backend(1).id()));
  Peer client = proxy.client();
  client.send(kOwnTab);
  open_at(home, "led");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
}

TEST_CASE("a home that has failed its handshakes gets one of its own to try") {
  const Backend home;
  const Backend other;
  RunningProxy proxy({home.address(), other.address()},
                     {.pool = "[pool.affinity]\nids = [\"connect:id\", \"cookie:tab\"]\n"});
  make_home(proxy);
  balance::Health& health = proxy.backend(0).health();
  const auto fail = [&](TimePoint at) {
    for (int i = 0; !health.fails_handshakes() && i < 100; ++i) {
      (void)health.handshake_answered(true, at);
    }
    REQUIRE(health.fails_handshakes());
  };
  fail(monotonic_now());
  Peer client = proxy.client();
  client.send(kOwnTab);
  open_at(other, "one");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  (void)health.handshake_answered(false, monotonic_now());
  fail(monotonic_now() - 2 * balance::Health::kFirstHold);
  client.send(kOwnTab);
  open_at(home, "two");
  CHECK(read_answer(client).starts_with("HTTP/1.1 200"));
  CHECK_FALSE(health.fails_handshakes());
}

TEST_CASE("a page that only a cookie ties to a backend goes elsewhere while that is down") {
  const Backend home;
  const Backend other;
  RunningProxy proxy({home.address(), other.address()},
                     {.pool = "[pool.affinity]\nids = [\"query:tab\", \"cookie:tab\"]\n"});
  // Its session lives, on a WebSocket that has not broken.
  (void)proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(0).id(), 1h, monotonic_now());
  balance::Health& health = proxy.backend(0).health();
  Peer client = proxy.client();
  const auto is_asked = [&](const Backend& backend, const std::string& request) {
    client.send(request);
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(answer("here"));
    CHECK(read_answer(client).ends_with("here"));
  };
  const std::string by_cookie = "GET /page HTTP/1.1\r\nHost: x\r\nCookie: tab=tab\r\n\r\n";
  for (int i = 0; i < 4; ++i) is_asked(home, by_cookie);
  health.connect_failed(monotonic_now());
  REQUIRE_FALSE(health.up());
  for (int i = 0; i < 4; ++i) is_asked(other, by_cookie);
  // Who names its session has its data nowhere else.
  is_asked(home, get("/file?tab=tab"));
}

// A handler may block its loop for longer than probes wait.
TEST_CASE("who names its session goes to the backend that is only slow to answer, session or not") {
  const Backend home;
  const Backend other;
  RunningProxy proxy({home.address(), other.address()},
                     {.pool = "[pool.affinity]\nids = [\"query:tab\", \"connect:id\"]\n"});
  auto& table = proxy.ledger().affinity();
  table.release(table.bind({0, "tab"}, proxy.backend(0).id(), 1h, monotonic_now()),
                monotonic_now());
  REQUIRE_FALSE(table.find({0, "tab"}, monotonic_now())->in_use);
  Peer client = proxy.client();
  const auto is_asked = [&](const Backend& backend) {
    client.send(get("/file?tab=tab"));
    Peer upstream = backend.accept();
    upstream.read_until("\r\n\r\n");
    upstream.send(answer("here"));
    CHECK(read_answer(client).ends_with("here"));
  };
  balance::Health& health = proxy.backend(0).health();
  health.set_rules(100, 1);
  CHECK(health.failed(balance::Fault::timeout, monotonic_now()));
  for (int i = 0; i < 4; ++i) is_asked(home);
  REQUIRE_FALSE(health.up());
  // So does a reconnect: see reserve_return().
  CHECK(proxy.backend(0).takes_back());
  health.connect_failed(monotonic_now() + 1h);
  REQUIRE(health.fault() == balance::Fault::connect);
  for (int i = 0; i < 4; ++i) is_asked(other);
}

TEST_CASE(
    "what asks beside a living session is not sent elsewhere when its home takes no connects") {
  const Backend home;
  const Backend other;
  RunningProxy proxy({home.address(), other.address()},
                     {.timeouts = "connect = \"50ms\"",
                      .pool = "[pool.affinity]\nids = [\"query:tab\", \"cookie:tab\"]\n"});
  (void)proxy.ledger().affinity().bind({0, "tab"}, proxy.backend(0).id(), 1h, monotonic_now());
  proxy.backend(0).health().set_rules(2, 3);
  const Peer fills = home.fill_backlog();
  Peer client = proxy.client();
  client.send(get("/file?tab=tab"));
  const std::string late = read_answer(client);
  CHECK(late.starts_with("HTTP/1.1 504"));
  CHECK(late.find("X-Pinion-Error: connect-timeout") != std::string::npos);
  // One that times out is no proof that it is gone.
  CHECK(proxy.backend(0).health().up());
  // A page that only a cookie leads there can be had elsewhere.
  client.send("GET /page HTTP/1.1\r\nHost: x\r\nCookie: tab=tab\r\n\r\n");
  Peer upstream = other.accept();
  upstream.read_until("\r\n\r\n");
  upstream.send(answer("here"));
  CHECK(read_answer(client).ends_with("here"));
}

}  // namespace pinion::proxy
