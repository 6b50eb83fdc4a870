#include "health/prober.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <thread>
#include <vector>

#include "balance/registry.h"
#include "http_backend.h"
#include "probed.h"
#include "uv/listen_socket.h"
#include "uv/run_until.h"

namespace pinion::health {
namespace {

using namespace std::chrono_literals;
using balance::ProbeResult;
using test::config_with;
using test::HttpBackend;
using test::Probed;
using uv::test::run_until;

void be_busy(Duration time) {
  for (const TimePoint end = monotonic_now() + time; monotonic_now() < end;) {
    std::this_thread::yield();
  }
}

std::string refuse(const std::string& /*request*/) { return HttpBackend::with_status(400); }

// Of the key that probes send.
const std::string kAccept = "Fo7TcG3VesQSWRWaC4G4mhsHFBo=";
const std::string kOpened =
    "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    "Sec-WebSocket-Accept: " +
    kAccept + "\r\n\r\n";

SocketAddress where_nobody_listens() { return HttpBackend(refuse).address(); }

}  // namespace

TEST_CASE("a backend is probed again and again on one connection, and tells how long it takes") {
  const HttpBackend server(refuse);
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 10; }));
  CHECK(w.events.seen.front().status == 400);
  CHECK(server.connections() == 1);
  const balance::ProbeReading reading = backend.probe_reading();
  // The first had to connect.
  CHECK(reading.samples >= 9);
  CHECK(reading.latency > Duration::zero());
  CHECK(reading.confidence > 0.0);
  CHECK(backend.probe_counts().by_result[static_cast<std::size_t>(ProbeResult::ok)].value() == 10);
  CHECK(backend.health().up());
}

TEST_CASE("a blocked event loop shows as wait, and those who would have met it count too") {
  // Known by so many, what is calm is not mistaken for the waits, which outnumber a few.
  constexpr int kCalmRequests = 40;
  std::atomic<int> requests{0};
  const HttpBackend server([&](const std::string& request) {
    if (++requests == kCalmRequests) be_busy(1500ms);
    return refuse(request);
  });
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  const auto wait = [&] { return backend.probe_wait(backend.probe_reading(), monotonic_now()); };
  CHECK(w.until([&] { return requests == kCalmRequests && wait() > 500ms; }));
  CHECK(w.events.count(ProbeResult::ok) == kCalmRequests - 1);
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == kCalmRequests; }));
  const balance::ProbeReading reading = backend.probe_reading();
  CHECK(wait() == reading.wait);
  CHECK(reading.latency >= 1500ms);
  CHECK(reading.wait > 100ms);
  // One in a hundred thousand times the schedule has less than this in 1.5 s.
  CHECK(reading.samples >= kCalmRequests + 2);
  CHECK(reading.busy_share > 0.07);
  CHECK(backend.health().up());
}

TEST_CASE("a backend that nobody listens at goes down at once, and comes up after `rise` probes") {
  const SocketAddress address = where_nobody_listens();
  Probed w;
  const balance::Backend& backend = w.watch(address);
  CHECK(w.until([&] { return w.events.count(ProbeResult::connect) == 3; }));
  CHECK(w.events.seen[0].status == UV_ECONNREFUSED);
  CHECK_FALSE(backend.health().up());
  const HttpBackend back(refuse, address);
  CHECK(w.until([&] { return backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::ok) == 2);
}

TEST_CASE("how long probes of a process took says nothing of the one that takes its place") {
  auto server = std::make_unique<HttpBackend>(refuse);
  Probed w;
  balance::Backend& backend = w.watch(server->address());
  const auto samples = [&] { return backend.probe_reading().samples; };
  CHECK(w.until([&] { return samples() >= 12; }));
  server.reset();
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(backend.health().first_refusal());
  const HttpBackend other(refuse, backend.identity().address);
  CHECK(w.until([&] { return samples() > 0 && samples() < 12; }));
}

TEST_CASE("a backend that takes connections but does not answer goes down after `fall` timeouts") {
  std::atomic<bool> hangs{true};
  const HttpBackend server([&](const std::string& request) {
    while (hangs) std::this_thread::yield();
    return refuse(request);
  });
  Probed w(config::HealthKind::engineio, 200ms);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::timeout) == 3);
  CHECK(backend.health().fault() == balance::Fault::timeout);
  hangs = false;
  CHECK(w.until([&] { return backend.health().up(); }));
}

TEST_CASE("a status that is not expected is a failure") {
  const HttpBackend server(refuse);
  Probed w(config::HealthKind::engineio, 20s, 200);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::status) == 3);
  CHECK(w.events.seen.back().status == 400);
}

TEST_CASE("what is no HTTP is a failure") {
  const HttpBackend server([](const std::string&) { return std::string("SSH-2.0-x\r\n\r\n"); });
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::bad_answer) == 3);
}

TEST_CASE("a connection that the backend has closed while it rested is no failure, and no sample") {
  const HttpBackend server([](const std::string&) {
    return std::string("HTTP/1.1 400 No\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
  });
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 5; }));
  CHECK(w.events.seen.size() == 5);
  CHECK(server.connections() == 5);
  CHECK(backend.probe_reading().samples == 0);
  CHECK(backend.probe_reading().confidence == 0.0);
  CHECK(backend.probe_reading().latency > Duration::zero());
}

TEST_CASE("a backend that closes instead of answering fails, even where the connection was kept") {
  std::atomic<int> requests{0};
  const HttpBackend server(
      [&](const std::string& request) { return ++requests < 4 ? refuse(request) : std::string(); });
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::closed) == 3);
}

TEST_CASE("tcp asks for nothing") {
  const HttpBackend server(refuse);
  Probed w(config::HealthKind::tcp);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 3; }));
  CHECK(server.requests() == 0);
  CHECK(backend.probe_reading().confidence == 0.0);
  CHECK(backend.probe_reading().latency > Duration::zero());
}

TEST_CASE("websocket waits for the open packet, on a new connection each time") {
  const HttpBackend server([](const std::string& request) {
    CHECK(request.find("transport=websocket") != std::string::npos);
    return kOpened +
           "\x81\x0b"
           R"(0{"sid":""})";
  });
  Probed w(config::HealthKind::websocket);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 8; }));
  CHECK(w.events.seen.size() == 8);
  CHECK(w.events.seen.front().status == 101);
  CHECK(server.connections() >= 8);
  CHECK(backend.probe_reading().samples >= 7);
}

TEST_CASE("a WebSocket without an open packet is a failure, and so is an answer without one") {
  std::string answer;
  auto expected = ProbeResult::bad_answer;
  auto fault = balance::Fault::other_packet;
  SUBCASE("another packet") {
    answer = kOpened +
             "\x81\x02"
             "40";
  }
  SUBCASE("no packet") {
    answer = kOpened;
    expected = ProbeResult::timeout;
    fault = balance::Fault::no_open_packet;
  }
  SUBCASE("no WebSocket") {
    answer = HttpBackend::with_status(400);
    expected = ProbeResult::status;
    fault = balance::Fault::status;
  }
  const HttpBackend server([&](const std::string&) { return answer; });
  Probed w(config::HealthKind::websocket, 200ms);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(expected) == 3);
  CHECK(backend.health().fault() == fault);
}

TEST_CASE("a 101 for another key is a failure, whatever comes after it") {
  std::string answer = kOpened +
                       "\x81\x0b"
                       R"(0{"sid":""})";
  answer.replace(answer.find(kAccept), kAccept.size(), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  const HttpBackend server([&](const std::string&) { return answer; });
  Probed w(config::HealthKind::websocket);
  const balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::bad_answer) == 3);
  CHECK(backend.health().fault() == balance::Fault::bad_upgrade);
}

TEST_CASE("a backend that leaves handshakes unanswered is asked, although a connect would do") {
  const HttpBackend server(refuse);
  Probed w(config::HealthKind::tcp);
  balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 1; }));
  backend.health().fell_silent();
  CHECK(w.until([&] { return server.requests() == 2; }));
  CHECK(w.until([&] { return w.events.seen.back().status == 400; }));
  CHECK(backend.probe_reading().samples == 0);
  backend.health().heard();
  const int before = server.requests();
  const std::size_t probes = w.events.seen.size();
  CHECK(w.until([&] { return w.events.seen.size() == probes + 3; }));
  CHECK(server.requests() == before);
  CHECK(w.events.count(ProbeResult::ok) == w.events.seen.size());
}

TEST_CASE("chunked answers and those with a long body leave the connection in order") {
  const std::string chunked =
      "HTTP/1.1 400 No\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n";
  const std::string tail(std::size_t{30} * 1024, 'x');
  std::atomic<int> requests{0};
  const HttpBackend server([&](const std::string&) {
    return ++requests % 2 == 0 ? chunked
                               : "HTTP/1.1 404 No\r\nContent-Length: 30720\r\n\r\n" + tail;
  });
  Probed w;
  w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 8; }));
  CHECK(w.events.seen.size() == 8);
  CHECK(server.connections() == 1);
}

TEST_CASE("a suspicion is looked into at once") {
  Probed w(config::HealthKind::tcp);
  auto server = std::make_unique<HttpBackend>(refuse);
  balance::Backend& backend = w.watch(server->address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 1; }));
  server.reset();
  backend.health().suspect();
  CHECK(w.until([&] { return w.events.count(ProbeResult::connect) == 1; }));
  CHECK_FALSE(backend.health().up());
}

TEST_CASE("a backend that a request finds down is tried again soon, however rarely it is probed") {
  const HttpBackend server({});
  Probed probed(config::HealthKind::tcp);
  balance::Backend& backend = probed.watch(server.address());
  auto rarely = std::make_shared<config::Config>(*config_with(config::HealthKind::tcp, 20s));
  rarely->pools[0].health.interval = 10min;
  probed.follow(rarely);
  REQUIRE(probed.until([&] { return probed.events.count(ProbeResult::ok) >= 1; }));

  REQUIRE(backend.health().connect_failed(monotonic_now()));
  CHECK(probed.until([&] { return backend.health().up(); }));
}

TEST_CASE("another config: probes that are to be others are, those that stay go on") {
  const HttpBackend server(refuse);
  Probed w;
  balance::Backend& backend = w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 2; }));
  w.follow(config_with(config::HealthKind::engineio, 20s));
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 4; }));
  CHECK(server.connections() == 1);
  w.follow(config_with(config::HealthKind::engineio, 20s, 200));
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::status) == 3);
  w.follow(config_with(config::HealthKind::engineio, 20s));
  CHECK(w.until([&] { return backend.health().up(); }));
}

TEST_CASE("another rise, fall or metric of load keeps what has been measured") {
  std::atomic<bool> fit{true};
  const HttpBackend server(
      [&](const std::string&) { return HttpBackend::with_status(fit ? 400 : 500); });
  Probed w;
  const balance::Backend& backend = w.watch(server.address());
  REQUIRE(w.until([&] { return backend.probe_reading().samples >= 10; }));
  const std::size_t probes = w.events.seen.size();
  auto stricter = std::make_shared<config::Config>(*config_with(config::HealthKind::engineio, 20s));
  stricter->pools[0].health.rise = 1;
  stricter->pools[0].health.fall = 1;
  stricter->pools[0].health.load_metric = "queue";
  w.follow(stricter);
  REQUIRE(w.until([&] { return w.events.seen.size() == probes + 3; }));
  CHECK(backend.probe_reading().samples >= 10);
  CHECK(server.connections() == 1);
  fit = false;
  CHECK(w.until([&] { return !backend.health().up(); }));
  CHECK(w.events.count(ProbeResult::status) == 1);
}

TEST_CASE("a backend that is watched no more is not probed") {
  const HttpBackend server(refuse);
  const HttpBackend other(refuse);
  Probed w;
  w.watch(server.address());
  CHECK(w.until([&] { return w.events.count(ProbeResult::ok) == 3; }));
  const int before = server.requests();
  w.watch(other.address());
  CHECK(w.until([&] { return other.requests() == 10; }));
  CHECK(server.requests() == before);
}

}  // namespace pinion::health
