// How a probe ended, and how people are told.
//
// Threads: values and pure functions.
#pragma once

#include <string>

#include "balance/health.h"
#include "balance/probe_counts.h"
#include "health/probe_plan.h"

namespace pinion::health {

struct ProbeOutcome {
  balance::ProbeResult result = balance::ProbeResult::ok;
  int status = 0;  // of the answer, or a libuv error
  const ProbePlan* plan = nullptr;
  bool opened = false;  // a WebSocket, as it should be: what is wrong is what came after
};

/// What it is held against the backend as; none for a probe that passed.
balance::Fault fault_of(const ProbeOutcome& outcome) noexcept;
/// What was wrong, and what to do.
std::string describe(const ProbeOutcome& outcome);

}  // namespace pinion::health
