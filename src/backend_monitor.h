// Watches the backends: probes them, asks their agents, learns their loads and holds them against
// the thresholds of their pools. What it finds it tells the backends themselves, and the log.
//
// Threads: the main thread's loop.
// Lifetime: the loop, the news and the log outlive it.
#pragma once

#include <memory>

#include "agent_news.h"
#include "balance/load_keeper.h"
#include "health/agent_checks.h"
#include "health/level_watch.h"
#include "health/prober.h"
#include "probe_news.h"

namespace pinion {

class BackendMonitor {
 public:
  /// @param sets those that are there first, and do not ramp up
  BackendMonitor(uv::Loop& loop, std::shared_ptr<const config::Config> config,
                 const balance::BackendSets& sets, proxy::BackendNews& news, log::Logger& log);

  /// Followed from the next watch() on.
  void set_config(std::shared_ptr<const config::Config> config);
  /// The backends that there are from now on. To be called before workers get to choose from them.
  void watch(const balance::BackendSets& sets);
  /// Every LoadKeeper::kEvery.
  void tick(TimePoint now) { loads_.tick(now); }

 private:
  uv::Loop& loop_;
  std::shared_ptr<const config::Config> config_;
  balance::LoadKeeper loads_;
  ProbeNews probe_news_;
  health::Prober prober_;
  health::LevelWatch levels_;
  AgentNews agent_news_;
  health::AgentChecks agents_;
};

}  // namespace pinion
