#include "server.h"

#include <csignal>
#include <expected>
#include <iostream>
#include <memory>
#include <utility>

#include "config/load.h"
#include "config/token_file.h"
#include "control_plane.h"
#include "health/discovery.h"
#include "listening.h"
#include "log_settings.h"
#include "proxy_state.h"

namespace pinion {
namespace {

constexpr Duration kNameTime = std::chrono::seconds{3};

int complain(const std::string& error) {
  std::cerr << "pinion: " << error << '\n';
  return 1;
}

/// Counts look-ups of names, and tells whoever runs of changes of backends. Before, nobody hears of
/// them: who begins asks for the backends that there are by then, and those do not ramp up.
class DiscoveryRelay final : public health::DiscoveryEvents {
 public:
  explicit DiscoveryRelay(metrics::ControlCounters& counters) noexcept : counters_(counters) {}

  void pass_to(health::DiscoveryEvents& listener) noexcept { listener_ = &listener; }

  void on_backends_changed(const balance::BackendSets& sets) noexcept override {
    if (listener_ != nullptr) listener_->on_backends_changed(sets);
  }
  void on_name_looked_up(bool found) noexcept override {
    counters_.name_looked_up(found ? metrics::LookUpResult::ok : metrics::LookUpResult::failed);
  }

 private:
  metrics::ControlCounters& counters_;
  health::DiscoveryEvents* listener_ = nullptr;
};

// A name that answers late joins later; the proxy does not wait for it without end.
void wait_for_names(health::Discovery& discovery, uv::Loop& loop) {
  discovery.start();
  const TimePoint deadline = monotonic_now() + kNameTime;
  while (!discovery.complete() && monotonic_now() < deadline) loop.run_once();
}

/// Empty: changes by the admin endpoint need none. The error is one line.
std::expected<std::string, std::string> read_admin_token(const config::Config& config) {
  if (config.admin.token_file.empty()) return std::string{};
  return config::read_token_file(config.admin.token_file);
}

}  // namespace

int run_server(const std::string& config_file) {
  // One that comes before anybody watches would end the process, and look like a crash or worse.
  uv::hold_signals(ControlPlane::kSignals);
  auto loaded = config::load_file(config_file);
  if (!loaded) {
    for (const auto& error : loaded.error()) std::cerr << config::to_text(error) << '\n';
    return 1;
  }
  (void)std::signal(SIGPIPE, SIG_IGN);
  const auto config = std::make_shared<const config::Config>(std::move(*loaded));
  auto access_log = log::AccessLog::open(config->log.access, format_of(config->log.format));
  if (!access_log) return complain(access_log.error());
  ProxyState state(*config, std::move(*access_log));
  auto listeners = open_listeners(config->proxy.listen, config->proxy.workers);
  if (!listeners) return complain(listeners.error());
  const auto token = read_admin_token(*config);
  if (!token) return complain(token.error());

  uv::Loop loop;
  DiscoveryRelay relay(state.control_counters);
  health::Discovery discovery(loop, config, state.registry, state.log, relay);
  wait_for_names(discovery, loop);
  ControlPlane plane(loop, state, discovery,
                     {.file = config_file, .config = config, .listeners = std::move(*listeners)});
  relay.pass_to(plane.follower());
  if (const auto started = plane.start_admin(*token); !started) return complain(started.error());
  plane.run();
  return 0;
}

}  // namespace pinion
