#include "health/probe_outcome.h"

#include "uv/loop.h"

namespace pinion::health {

using balance::Fault;
using balance::ProbeResult;

namespace {

constexpr int kSwitching = 101;

std::string within(const ProbePlan& plan) { return std::to_string(to_ms(plan.timeout)) + " ms"; }

// 0: the other side has ended it in good order.
std::string error_text(int status) {
  return status == 0 ? "" : std::string(": ") + uv::describe(status);
}

std::string after_opening(const ProbeOutcome& outcome) {
  if (outcome.result == ProbeResult::timeout) {
    return "no Engine.IO open packet comes within " + within(*outcome.plan) +
           ": is [pool.health] path that of the Engine.IO server, and does it keep connections "
           "waiting?";
  }
  if (outcome.result == ProbeResult::closed) {
    return "the connection ends before an Engine.IO open packet" + error_text(outcome.status) +
           ": see what the backend's own log says";
  }
  return "what comes first is no Engine.IO open packet: is [pool.health] path that of another "
         "WebSocket server?";
}

}  // namespace

Fault fault_of(const ProbeOutcome& outcome) noexcept {
  switch (outcome.result) {
    case ProbeResult::ok:
      break;
    case ProbeResult::connect:
      return Fault::connect;
    case ProbeResult::timeout:
      return outcome.opened ? Fault::no_open_packet : Fault::timeout;
    case ProbeResult::closed:
      return Fault::closed;
    case ProbeResult::status:
      return Fault::status;
    case ProbeResult::bad_answer:
      if (outcome.opened) return Fault::other_packet;
      return outcome.status == kSwitching ? Fault::bad_upgrade : Fault::bad_answer;
  }
  return Fault::none;
}

std::string describe(const ProbeOutcome& outcome) {
  const ProbePlan& plan = *outcome.plan;
  const std::string asked = "GET " + plan.target;
  if (outcome.opened && outcome.result != ProbeResult::ok) {
    return asked + " is answered 101, but " + after_opening(outcome);
  }
  switch (outcome.result) {
    case ProbeResult::ok:
      return asked + " is answered " + std::to_string(outcome.status);
    case ProbeResult::connect:
      return std::string("it cannot be connected to: ") + uv::describe(outcome.status);
    case ProbeResult::timeout:
      return asked + " has no answer within " + within(plan) +
             ": its event loop is blocked, or [pool.health].timeout is too short";
    case ProbeResult::closed:
      return "the connection ends before " + asked + " is answered" + error_text(outcome.status);
    case ProbeResult::status:
      return asked + " is answered " + std::to_string(outcome.status) + ", not " + plan.fine() +
             ": is [pool.health] path or expect right?";
    case ProbeResult::bad_answer:
      break;
  }
  if (outcome.status == kSwitching) {
    return asked +
           " is answered 101, but no browser would take it: its Upgrade, Connection or "
           "Sec-WebSocket-Accept is not what RFC 6455 asks for; does something before the server "
           "answer in its place?";
  }
  return asked + " has an answer that is no HTTP: does something else listen there?";
}

}  // namespace pinion::health
