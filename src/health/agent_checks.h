// Looks after the agents of all backends that have one.
//
// Threads: the main thread's loop.
// Lifetime: the loop, the events and the backends outlive it.
// Invariants: a backend without an agent is as if one had said that nothing is to be done.
#pragma once

#include <memory>
#include <unordered_map>

#include "balance/backend_set.h"
#include "health/agent_check.h"

namespace pinion::health {

class AgentChecks {
 public:
  AgentChecks(uv::Loop& loop, AgentEvents& events) noexcept : loop_(loop), events_(events) {}

  /// Which backends to look after, and how each pool's are probed.
  void watch(const balance::BackendSets& sets, const config::Config& config);

 private:
  void drop(balance::Backend& backend);

  uv::Loop& loop_;
  AgentEvents& events_;
  std::unordered_map<BackendId, std::unique_ptr<AgentCheck>> checks_;
};

}  // namespace pinion::health
