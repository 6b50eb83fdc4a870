#include "control_plane.h"

#include <utility>

namespace pinion {
namespace {

void log_listening(log::Logger& log, const std::vector<OpenListener>& listeners) {
  for (const OpenListener& each : listeners) {
    log.info("listening", {{"address", each.bound.address.to_string()}});
  }
}

}  // namespace

ControlPlane::ControlPlane(uv::Loop& loop, ProxyState& state, health::Discovery& discovery,
                           Setup setup)
    : loop_(loop),
      state_(state),
      discovery_(discovery),
      running_config_(setup.config, discovery.sets()),
      workers_(state.shared),
      mover_(state.ledger, state.log, workers_),
      monitor_(loop, setup.config, discovery.sets(), state.news, state.log),
      overload_watch_(loop, state.shared, workers_.counters(), setup.config->proxy.overload),
      memory_keeper_(loop, state.shared),
      reloader_(std::move(setup.file), setup.config, state.access_log, state.log, as_follower()),
      mailbox_(loop),
      on_main_(mailbox_),
      actions_(on_main_, {.loop = loop,
                          .running = running_config_,
                          .mover = mover_,
                          .reloader = reloader_,
                          .workers = workers_,
                          .shutting_down = shutting_down_}),
      view_(running_config_, state.shared, mover_, workers_.counters(), actions_, shutting_down_),
      admin_(view_, state.log),
      ticker_(loop, as_ticker()) {
  mover_.use(discovery.sets(), loop.now());
  log_listening(state.log, setup.listeners);
  workers_.make(setup.config, discovery.sets(), std::move(setup.listeners));
}

std::expected<void, std::string> ControlPlane::start_admin(const std::string& token) {
  reloader_.use_token(token);
  const auto config = running_config_.get().config;
  const std::string& address = config->admin.listen.text;
  if (auto started = admin_.start(address, token); !started) return started;
  state_.log.info("admin endpoint", {{"address", address}, {"port", admin_.port()}});
  return {};
}

void ControlPlane::run() {
  for (const int number : kSignals) {
    signals_.push_back(std::make_unique<uv::Signal>(loop_, number, as_signals()));
  }
  uv::release_signals(kSignals);
  ticker_.start(balance::LoadKeeper::kEvery, balance::LoadKeeper::kEvery);
  start_threads();
  loop_.run();
  on_main_.over();
  workers_.join();
  admin_.stop();
  state_.log.info("stopped");
}

void ControlPlane::start_threads() {
  running_workers_ = workers_.size();
  workers_.start([this] { mailbox_.post([this] { worker_done(); }); });
  state_.log.info("pinion is running", {{"version", PINION_VERSION},
                                        {"workers", workers_.size()},
                                        {"max_connections", state_.shared.max_connections}});
}

void ControlPlane::worker_done() {
  if (--running_workers_ == 0) loop_.stop();
}

void ControlPlane::on_signal(int number) noexcept {
  if (number == SIGHUP) {
    if (!shutting_down_) (void)reloader_.reload();
    return;
  }
  const bool again = shutting_down_.exchange(true);
  const Duration grace =
      again ? Duration::zero() : running_config_.get().config->proxy.shutdown_grace;
  state_.log.info(again ? "second signal: stopping at once" : "stopping",
                  {{"grace_s", to_seconds(grace)}, {"sessions", state_.ledger.table().size()}});
  workers_.shut_down(grace);
}

void ControlPlane::on_tick() noexcept {
  state_.ledger.sweep(loop_.now());
  mover_.tick(loop_.now());
  monitor_.tick(loop_.now());
}

void ControlPlane::on_backends_changed(const balance::BackendSets& sets) noexcept {
  running_config_.set_backends(sets);
  monitor_.watch(sets);
  mover_.use(sets, loop_.now());
  take_back(sets);
  workers_.set_backends(sets);
}

// Called by the reloader, on this thread. Whoever learns of a pool finds all its tables.
void ControlPlane::follow(std::shared_ptr<const config::Config> config,
                          std::vector<OpenListener> open, std::vector<std::string> close) {
  const balance::BackendSets before = running_config_.get().backends;
  state_.grow(config->pools.size());
  workers_.count_pools(config->pools.size());
  discovery_.set_config(config);
  const balance::BackendSets sets = discovery_.sets();
  running_config_.set({config, sets});
  monitor_.set_config(config);
  monitor_.watch(sets);
  mover_.use(sets, loop_.now());
  overload_watch_.set_config(config->proxy.overload);
  note_who_left(before, sets);
  take_back(sets);
  log_listening(state_.log, open);
  workers_.follow(config, sets, std::move(open), close);
}

void ControlPlane::note_who_left(const balance::BackendSets& before,
                                 const balance::BackendSets& now) {
  std::unordered_set<const balance::Backend*> here;
  for (const auto& set : now) here.insert(set->backends.begin(), set->backends.end());
  for (const auto& set : before) {
    for (balance::Backend* const backend : set->backends) {
      if (!here.contains(backend)) left_.insert(backend);
    }
  }
}

// A backend that had left the config, and was told to drain, comes back to work: at once, or when
// its name is resolved.
void ControlPlane::take_back(const balance::BackendSets& now) {
  for (const auto& set : now) {
    for (balance::Backend* const backend : set->backends) {
      if (left_.erase(backend) == 0) continue;
      if (backend->set_draining(false)) mover_.undrain(*backend, loop_.now());
    }
  }
}

}  // namespace pinion
