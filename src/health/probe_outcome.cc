#include "health/probe_outcome.h"

#include "uv/loop.h"

namespace pinion::health {

using balance::Fault;
using balance::ProbeResult;

Fault fault_of(ProbeResult result) noexcept {
  switch (result) {
    case ProbeResult::ok:
      break;
    case ProbeResult::connect:
      return Fault::connect;
    case ProbeResult::timeout:
      return Fault::timeout;
    case ProbeResult::closed:
      return Fault::closed;
    case ProbeResult::status:
      return Fault::status;
    case ProbeResult::bad_answer:
      return Fault::bad_answer;
  }
  return Fault::none;
}

std::string describe(const ProbeOutcome& outcome) {
  const ProbePlan& plan = *outcome.plan;
  switch (outcome.result) {
    case ProbeResult::ok:
      return "GET " + plan.target + " is answered " + std::to_string(outcome.status);
    case ProbeResult::connect:
      return std::string("it cannot be connected to: ") + uv::describe(outcome.status);
    case ProbeResult::timeout:
      return "GET " + plan.target + " has no answer within " + std::to_string(to_ms(plan.timeout)) +
             " ms: its event loop is blocked, or [pool.health].timeout is too short";
    case ProbeResult::closed:
      return "the connection ends before GET " + plan.target + " is answered" +
             (outcome.status == 0 ? "" : std::string(": ") + uv::describe(outcome.status));
    case ProbeResult::status:
      return "GET " + plan.target + " is answered " + std::to_string(outcome.status) + ", not " +
             plan.fine() + ": is [pool.health] path or expect right?";
    case ProbeResult::bad_answer:
      break;
  }
  return "GET " + plan.target + " has an answer that is no HTTP: does something else listen there?";
}

}  // namespace pinion::health
