#include "readiness.h"

namespace pinion {

std::string why_not_ready(const RunningConfig::Snapshot& running, TimePoint now) {
  for (const auto& set : running.backends) {
    const config::Pool& pool = running.config->pools[set->pool];
    if (!pool.retired && !set->may_take_sessions(now)) {
      return "pool " + pool.name + " has no backend that takes sessions";
    }
  }
  return {};
}

}  // namespace pinion
