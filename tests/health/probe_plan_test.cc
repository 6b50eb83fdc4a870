#include "health/probe_plan.h"

#include <doctest/doctest.h>

#include "health/probe_outcome.h"

namespace pinion::health {
namespace {

using config::HealthKind;

const SocketAddress kAddress = *SocketAddress::from_ip("127.0.0.1", 3001);

config::Pool pool(HealthKind kind, const std::string& socketio_path = "/socket.io/") {
  config::Pool made;
  made.socketio_path = socketio_path;
  made.health.kind = kind;
  return made;
}

}  // namespace

TEST_CASE("engineio asks for a transport that there is not") {
  const ProbePlan plan = plan_of(pool(HealthKind::automatic));
  CHECK(request_text(plan, kAddress) ==
        "GET /socket.io/?EIO=4&transport=x HTTP/1.1\r\nHost: 127.0.0.1:3001\r\n"
        "User-Agent: pinion-probe\r\nAccept: */*\r\n\r\n");
  CHECK(plan.is_fine(400));
  CHECK(plan.is_fine(404));
  CHECK_FALSE(plan.is_fine(500));
}

TEST_CASE("websocket asks for a WebSocket and takes nothing else") {
  const ProbePlan plan = plan_of(pool(HealthKind::websocket));
  CHECK(plan.opens);
  const std::string text = request_text(plan, kAddress);
  CHECK(text.starts_with("GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n"));
  CHECK(text.find("\r\nUpgrade: websocket\r\n") != std::string::npos);
  CHECK(text.ends_with("\r\n\r\n"));
  CHECK(plan.fine() == "101");
}

TEST_CASE("a pool without socket.io is probed by connects") {
  CHECK_FALSE(plan_of(pool(HealthKind::automatic, "")).asks);
  CHECK_FALSE(plan_of(pool(HealthKind::tcp)).asks);
}

TEST_CASE("http asks for a path and wants no error") {
  config::Pool http = pool(HealthKind::http);
  CHECK(plan_of(http).target == "/");
  http.health.path = "/alive";
  const ProbePlan plan = plan_of(http);
  CHECK(plan.target == "/alive");
  CHECK(plan.is_fine(200));
  CHECK(plan.is_fine(302));
  CHECK_FALSE(plan.is_fine(404));
  CHECK(plan.fine() == "200 to 399");
}

TEST_CASE("a status that is expected is the only one that is fine") {
  config::Pool strict = pool(HealthKind::engineio);
  strict.health.expect = 400;
  const ProbePlan plan = plan_of(strict);
  CHECK(plan.is_fine(400));
  CHECK_FALSE(plan.is_fine(404));
  CHECK(plan.fine() == "400");
}

TEST_CASE("another path than the pool's may be asked for") {
  config::Pool other = pool(HealthKind::engineio, "");
  other.health.path = "/chat/";
  CHECK(plan_of(other).target == "/chat/?EIO=4&transport=x");
}

TEST_CASE("the host of a unix socket is this one") {
  const auto text =
      request_text(plan_of(pool(HealthKind::http)), SocketAddress::from_unix_path("/run/x"));
  CHECK(text.find("\r\nHost: localhost\r\n") != std::string::npos);
}

TEST_CASE("a WebSocket is opened by a 101 that answers the key that was sent, and by no other") {
  const auto opens = [](std::string_view upgrade, std::string_view connection,
                        std::string_view accept) {
    http::ResponseHead head;
    head.status = 101;
    head.fields.add("Upgrade", upgrade);
    head.fields.add("Connection", connection);
    head.fields.add("Sec-WebSocket-Accept", accept);
    return opens_websocket(head);
  };
  const std::string_view accept = "Fo7TcG3VesQSWRWaC4G4mhsHFBo=";
  CHECK(opens("WebSocket", "keep-alive, Upgrade", accept));
  CHECK_FALSE(opens("websocket", "Upgrade", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="));
  CHECK_FALSE(opens("websocket", "Upgrade", "fo7tcg3vesqswrwac4g4mhshfbo="));
  CHECK_FALSE(opens("h2c", "Upgrade", accept));
  CHECK_FALSE(opens("websocket", "close", accept));
  CHECK_FALSE(opens_websocket(http::ResponseHead{}));
}

TEST_CASE("what goes wrong with a WebSocket has words and faults of its own") {
  using balance::Fault;
  using balance::ProbeResult;
  config::Pool strict = pool(HealthKind::websocket);
  strict.health.timeout = std::chrono::milliseconds{500};
  const ProbePlan plan = plan_of(strict);
  const std::string asked = "GET /socket.io/?EIO=4&transport=websocket is answered 101, but ";
  const auto check = [&](const ProbeOutcome& outcome, Fault fault, const std::string& said) {
    CHECK(fault_of(outcome) == fault);
    CHECK(describe(outcome) == asked + said);
  };
  check({.result = ProbeResult::bad_answer, .status = 101, .plan = &plan}, Fault::bad_upgrade,
        "no browser would take it: its Upgrade, Connection or Sec-WebSocket-Accept is not what RFC "
        "6455 asks for; does something before the server answer in its place?");
  check({.result = ProbeResult::bad_answer, .status = 101, .plan = &plan, .opened = true},
        Fault::other_packet,
        "what comes first is no Engine.IO open packet: is [pool.health] path that of another "
        "WebSocket server?");
  check({.result = ProbeResult::timeout, .plan = &plan, .opened = true}, Fault::no_open_packet,
        "no Engine.IO open packet comes within 500 ms: is [pool.health] path that of the Engine.IO "
        "server, and does it keep connections waiting?");
  check({.result = ProbeResult::closed, .plan = &plan, .opened = true}, Fault::closed,
        "the connection ends before an Engine.IO open packet: see what the backend's own log says");
}

TEST_CASE("each outcome says what was wrong, and is held against the backend as what it is") {
  using balance::Fault;
  using balance::ProbeResult;
  config::Pool strict = pool(HealthKind::http);
  strict.health.timeout = std::chrono::seconds{2};
  const ProbePlan plan = plan_of(strict);
  const auto said = [&](ProbeResult result, int status) {
    return describe({.result = result, .status = status, .plan = &plan});
  };
  CHECK(said(ProbeResult::status, 503) ==
        "GET / is answered 503, not 200 to 399: is [pool.health] path or expect right?");
  CHECK(said(ProbeResult::timeout, 0).find("within 2000 ms") != std::string::npos);
  CHECK(fault_of({.plan = &plan}) == Fault::none);
  for (const auto result : {ProbeResult::connect, ProbeResult::timeout, ProbeResult::closed,
                            ProbeResult::status, ProbeResult::bad_answer}) {
    CHECK(fault_of({.result = result, .plan = &plan}) != Fault::none);
    CHECK_FALSE(said(result, 0).empty());
  }
}

}  // namespace pinion::health
