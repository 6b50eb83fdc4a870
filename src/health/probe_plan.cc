#include "health/probe_plan.h"

#include "config/health_kind.h"

namespace pinion::health {

using config::HealthKind;

namespace {

// A transport that no Engine.IO server has: each answers 400 before there is a session.
constexpr std::string_view kNoTransport = "?EIO=4&transport=x";
constexpr std::string_view kWebSocket = "?EIO=4&transport=websocket";
// Any 16 bytes in Base64 (RFC 6455, 4.1): nothing caches the answer to a probe.
constexpr std::string_view kUpgrade =
    "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: cGluaW9uIHByb2JlcyBpdA==\r\n";
// SHA-1 of that key and the protocol's GUID, in Base64 (4.2.2).
constexpr std::string_view kAccept = "Fo7TcG3VesQSWRWaC4G4mhsHFBo=";

}  // namespace

std::string ProbePlan::fine() const {
  return lowest == highest ? std::to_string(lowest)
                           : std::to_string(lowest) + " to " + std::to_string(highest);
}

ProbePlan plan_of(const config::Pool& pool) {
  const config::Health& health = pool.health;
  ProbePlan plan{.interval = health.interval,
                 .timeout = health.timeout,
                 .rise = health.rise,
                 .fall = health.fall,
                 .reports = balance::report_rules(pool)};
  const HealthKind kind = config::resolved_kind(pool);
  if (kind == HealthKind::tcp) {
    plan.target = pool.socketio_path.empty() ? "/" : pool.socketio_path + std::string(kNoTransport);
    plan.highest = 599;
    return plan;
  }
  plan.asks = true;
  if (kind == HealthKind::websocket) {
    plan.opens = true;
    plan.target = health.path.empty() ? pool.socketio_path : health.path;
    plan.target += kWebSocket;
    plan.lowest = plan.highest = 101;
    return plan;
  }
  plan.lowest = 200;
  if (kind == HealthKind::engineio) {
    plan.target = (health.path.empty() ? pool.socketio_path : health.path);
    plan.target += kNoTransport;
    // Behind a login, or before the application has attached its Engine.IO, other answers come: the
    // process lives all the same.
    plan.highest = 499;
  } else {
    plan.target = health.path.empty() ? "/" : health.path;
    plan.highest = 399;
  }
  if (health.expect != 0) plan.lowest = plan.highest = static_cast<int>(health.expect);
  return plan;
}

bool opens_websocket(const http::ResponseHead& head) noexcept {
  return head.fields.lists("upgrade", "websocket") && head.fields.lists("connection", "upgrade") &&
         head.fields.find("sec-websocket-accept") == kAccept;
}

std::string request_text(const ProbePlan& plan, const SocketAddress& to) {
  return "GET " + plan.target +
         " HTTP/1.1\r\nHost: " + (to.is_unix() ? "localhost" : to.to_string()) +
         "\r\nUser-Agent: pinion-probe\r\nAccept: */*\r\n" +
         std::string(plan.opens ? kUpgrade : "") + "\r\n";
}

}  // namespace pinion::health
