#include "health/agent_checks.h"

#include <utility>

namespace pinion::health {

void AgentChecks::watch(const balance::BackendSets& sets, const config::Config& config) {
  auto before = std::exchange(checks_, {});
  for (const auto& set : sets) {
    const config::Health& health = config.pools[set->pool].health;
    for (const auto& [backend, address] : set->agents) {
      AgentPlan plan{.address = address, .interval = health.interval, .timeout = health.timeout};
      auto known = before.extract(backend->id());
      if (known && known.mapped()->plan() == plan) {
        checks_.insert(std::move(known));
      } else {
        // Another agent may never say the contrary of what this one has said.
        if (known && known.mapped()->plan().address != plan.address) drop(*backend);
        checks_[backend->id()] =
            std::make_unique<AgentCheck>(loop_, events_, *backend, std::move(plan));
      }
    }
  }
  for (const auto& [id, check] : before) drop(check->backend());
}

void AgentChecks::drop(balance::Backend& backend) {
  events_.on_agent_dropped(backend);
  backend.agent().forget();
}

}  // namespace pinion::health
