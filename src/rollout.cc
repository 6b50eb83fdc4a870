#include "rollout.h"

#include <utility>

#include "max_connections.h"

namespace pinion {

// All but the workers, which get it with what else is new to them.
void Rollout::tell(const RunningConfig::Snapshot& next) {
  const TimePoint now = parts_.loop.now();
  parts_.running.set(next);
  parts_.monitor.watch(next.backends);
  parts_.mover.use(next.backends, now);
  for (balance::Backend* const backend : departed_.take_back(next.backends)) {
    parts_.mover.undrain(*backend, now);
  }
}

void Rollout::on_other_address(balance::Backend& backend, bool drained) noexcept {
  if (backend.set_draining(drained)) ordered_.push_back(&backend);
}

void Rollout::on_backends_changed(const balance::BackendSets& sets) noexcept {
  tell({parts_.running.get().config, sets});
  parts_.workers.set_backends(sets);
  for (balance::Backend* const backend : std::exchange(ordered_, {})) {
    if (backend->told_to_drain()) {
      parts_.mover.drain(*backend, std::nullopt, parts_.loop.now());
    } else {
      parts_.mover.undrain(*backend, parts_.loop.now());
    }
  }
}

void Rollout::follow(std::shared_ptr<const config::Config> config, std::vector<OpenListener> open,
                     std::vector<std::string> close) {
  parts_.state.grow(config->pools.size());
  parts_.workers.count_pools(config->pools.size());
  parts_.discovery.set_config(config);
  parts_.monitor.set_config(config);
  parts_.overload.set_config(config->proxy.overload);
  for (std::size_t i = 0; i < config->pools.size(); ++i) {
    parts_.mover.set_patience(static_cast<PoolId>(i), config->pools[i].patience);
  }
  const balance::BackendSets sets = parts_.discovery.sets();
  departed_.note(parts_.running.get().backends, sets);
  tell({config, sets});
  log_listening(parts_.state.log, open);
  warn_of_open_files(*config, parts_.state.shared.max_connections, parts_.state.log);
  parts_.workers.follow(config, sets, std::move(open), close);
}

}  // namespace pinion
