#include "backend_monitor.h"

#include <utility>

namespace pinion {

BackendMonitor::BackendMonitor(uv::Loop& loop, std::shared_ptr<const config::Config> config,
                               const balance::BackendSets& sets, proxy::BackendNews& news,
                               log::Logger& log)
    : loop_(loop),
      config_(std::move(config)),
      loads_(config_->pools),
      probe_news_(news),
      prober_(loop, probe_news_, config_),
      levels_(loop, log),
      agent_news_(log),
      agents_(loop, agent_news_) {
  watch(sets);
}

void BackendMonitor::set_config(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  loads_.set_rules(config_->pools);
  prober_.set_config(config_);
}

void BackendMonitor::watch(const balance::BackendSets& sets) {
  loads_.watch(sets, loop_.now());
  prober_.watch(sets);
  levels_.watch(sets);
  agents_.watch(sets, *config_);
}

}  // namespace pinion
