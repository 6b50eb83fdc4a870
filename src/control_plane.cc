#include "control_plane.h"

#include <chrono>
#include <utility>

#include "config/address.h"

namespace pinion {
namespace {

// An answer may be much larger than its request.
constexpr int kAnswerTimes = 3;

admin::AdminServer::Limits limits_of(const config::Admin& config) {
  const auto request = std::chrono::duration_cast<std::chrono::milliseconds>(config.timeout);
  return {
      .connections = config.connections, .request = request, .response = kAnswerTimes * request};
}

}  // namespace

ControlPlane::ControlPlane(uv::Loop& loop, ProxyState& state, health::Discovery& discovery,
                           Setup setup)
    : loop_(loop),
      state_(state),
      running_config_(setup.config, discovery.sets()),
      workers_(state.shared),
      mover_(state.ledger, state.log, workers_),
      monitor_(loop, setup.config, discovery.sets(), state.news, state.log),
      overload_watch_(loop, state.shared, workers_.counters(), setup.config->proxy.overload),
      memory_keeper_(loop, state.shared),
      rollout_({.loop = loop,
                .state = state,
                .discovery = discovery,
                .running = running_config_,
                .monitor = monitor_,
                .mover = mover_,
                .overload = overload_watch_,
                .workers = workers_}),
      reloader_(std::move(setup.file), setup.config, state.access_log, state.log, rollout_,
                state.control_counters),
      mailbox_(loop),
      on_main_(mailbox_),
      actions_(on_main_, {.loop = loop,
                          .running = running_config_,
                          .mover = mover_,
                          .reloader = reloader_,
                          .workers = workers_,
                          .shutting_down = shutting_down_}),
      view_(running_config_, state.shared, mover_, workers_.counters(), state.control_counters,
            actions_, shutting_down_),
      admin_(view_, state.log, limits_of(setup.config->admin)),
      ticker_(loop, as_ticker()) {
  mover_.use(discovery.sets(), loop.now());
  log_listening(state.log, setup.listeners);
  workers_.make(setup.config, discovery.sets(), std::move(setup.listeners));
}

std::expected<void, std::string> ControlPlane::start_admin(const std::string& token) {
  reloader_.use_token(token);
  const auto config = running_config_.get().config;
  const config::Address& listen = config->admin.listen;
  if (auto started = admin_.start(*config::socket_address(listen), token); !started) return started;
  state_.log.info("admin endpoint", {{"address", listen.text}, {"port", admin_.port()}});
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

}  // namespace pinion
