#include "server.h"

#include <array>
#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <thread>
#include <unordered_set>
#include <vector>

#include "admin/server.h"
#include "admin_actions.h"
#include "backend_monitor.h"
#include "config/load.h"
#include "config/token_file.h"
#include "health/discovery.h"
#include "listening.h"
#include "max_connections.h"
#include "memory_keeper.h"
#include "on_main.h"
#include "proxy/overload_watch.h"
#include "reloader.h"
#include "running_config.h"
#include "server_view.h"
#include "session/cookie_signer.h"
#include "uv/signal.h"
#include "worker_group.h"

namespace pinion {
namespace {

constexpr Duration kNameTime = std::chrono::seconds{3};

constexpr std::array kSignals = {SIGTERM, SIGINT, SIGHUP};

void say(const std::string& error) { std::cerr << "pinion: " << error << '\n'; }

}  // namespace

class Server final : private uv::Signal::Handler,
                     private uv::Timer::Handler,
                     private health::DiscoveryEvents,
                     private Reloader::Follower {
 public:
  Server(const std::string& file, std::shared_ptr<const config::Config> config,
         log::AccessLog access_log);

  int run();

 private:
  bool start_admin();
  void resolve_names();
  void start_threads();
  void grow_tables();
  void worker_done();
  void stop(Duration grace);

  void on_signal(int number) noexcept override;
  void on_tick() noexcept override;
  void on_backends_changed(const balance::BackendSets& sets) noexcept override;
  uv::Signal::Handler& as_signals() noexcept { return *this; }
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  health::DiscoveryEvents& as_discovery() noexcept { return *this; }
  Reloader::Follower& as_follower() noexcept { return *this; }
  void follow(std::shared_ptr<const config::Config> config, std::vector<OpenListener> open,
              std::vector<std::string> close) override;
  void note_who_left(const balance::BackendSets& before, const balance::BackendSets& now);
  void take_back(const balance::BackendSets& now);

  std::shared_ptr<const config::Config> config_;
  log::Logger log_;
  log::AccessLog access_log_;
  BufferBudget budget_;
  balance::Registry registry_;
  balance::SharedTurns turns_;
  balance::SharedAdmissions admissions_;
  proxy::SessionLedger ledger_;
  proxy::BackendNews news_;
  proxy::Shared shared_;
  RunningConfig running_config_;
  WorkerGroup workers_;
  Mover mover_;
  Reloader reloader_;
  uv::Loop loop_;
  uv::Mailbox mailbox_;
  OnMain on_main_{mailbox_};
  std::atomic<bool> shutting_down_{false};
  AdminActions actions_;
  ServerView view_;
  std::unordered_set<balance::Backend*> left_;  // the config, by a reload
  std::size_t running_ = 0;
  std::unique_ptr<admin::AdminServer> admin_;
  std::unique_ptr<health::Discovery> discovery_;
  std::unique_ptr<BackendMonitor> monitor_;
  std::unique_ptr<proxy::OverloadWatch> overload_watch_;
  std::unique_ptr<MemoryKeeper> memory_keeper_;
  std::unique_ptr<uv::Timer> ticker_;
  std::vector<std::unique_ptr<uv::Signal>> signals_;
};

Server::Server(const std::string& file, std::shared_ptr<const config::Config> config,
               log::AccessLog access_log)
    : config_(std::move(config)),
      log_({.level = level_of(config_->log.level), .format = format_of(config_->log.format)}),
      access_log_(std::move(access_log)),
      budget_(config_->proxy.limits.buffered_total),
      ledger_(
          registry_,
          {.pins = config_->proxy.limits.pins, .affinity_ids = config_->proxy.limits.affinity_ids},
          log_),
      news_(log_, ledger_),
      shared_{.registry = registry_,
              .turns = turns_,
              .admissions = admissions_,
              .ledger = ledger_,
              .news = news_,
              .budget = budget_,
              .log = log_,
              .access_log = access_log_,
              .max_connections = resolve_max_connections(*config_, log_),
              .cookie_key = session::CookieSigner::make_key()},
      running_config_(config_, {}),
      workers_(shared_),
      mover_(ledger_, log_, workers_),
      reloader_(file, config_, access_log_, log_, as_follower()),
      mailbox_(loop_),
      actions_(on_main_, {.loop = loop_,
                          .running = running_config_,
                          .mover = mover_,
                          .reloader = reloader_,
                          .workers = workers_,
                          .shutting_down = shutting_down_}),
      view_(running_config_, shared_, mover_, workers_.counters(), actions_, shutting_down_) {}

int Server::run() {
  auto listeners = open_listeners(config_->proxy.listen, config_->proxy.workers);
  if (!listeners) {
    say(listeners.error());
    return 1;
  }
  discovery_ = std::make_unique<health::Discovery>(loop_, config_, registry_, log_, as_discovery());
  resolve_names();
  grow_tables();
  for (const OpenListener& each : *listeners) {
    log_.info("listening", {{"address", each.bound.address.to_string()}});
  }
  workers_.make(config_, discovery_->sets(), std::move(*listeners));
  if (!start_admin()) return 1;
  monitor_ = std::make_unique<BackendMonitor>(loop_, config_, discovery_->sets(), news_, log_);
  overload_watch_ = std::make_unique<proxy::OverloadWatch>(loop_, shared_, workers_.counters(),
                                                           config_->proxy.overload);
  memory_keeper_ = std::make_unique<MemoryKeeper>(loop_, shared_);
  for (const int number : kSignals) {
    signals_.push_back(std::make_unique<uv::Signal>(loop_, number, as_signals()));
  }
  uv::release_signals(kSignals);
  ticker_ = std::make_unique<uv::Timer>(loop_, as_ticker());
  ticker_->start(balance::LoadKeeper::kEvery, balance::LoadKeeper::kEvery);
  start_threads();
  loop_.run();
  on_main_.over();
  workers_.join();
  admin_->stop();
  log_.info("stopped");
  return 0;
}

bool Server::start_admin() {
  std::string token;
  if (!config_->admin.token_file.empty()) {
    auto read = config::read_token_file(config_->admin.token_file);
    if (!read) {
      say(read.error());
      return false;
    }
    token = std::move(*read);
  }
  reloader_.use_token(token);
  admin_ = std::make_unique<admin::AdminServer>(view_, log_);
  if (const auto started = admin_->start(config_->admin.listen.text, token); !started) {
    say(started.error());
    return false;
  }
  log_.info("admin endpoint", {{"address", config_->admin.listen.text}, {"port", admin_->port()}});
  return true;
}

// A name that answers late joins later; the proxy does not wait for it without end.
void Server::resolve_names() {
  discovery_->start();
  const TimePoint deadline = monotonic_now() + kNameTime;
  while (!discovery_->complete() && monotonic_now() < deadline) {
    loop_.run_once();
  }
  on_backends_changed(discovery_->sets());
}

void Server::start_threads() {
  running_ = workers_.size();
  workers_.start([this] { mailbox_.post([this] { worker_done(); }); });
  log_.info("pinion is running", {{"version", PINION_VERSION},
                                  {"workers", workers_.size()},
                                  {"max_connections", shared_.max_connections}});
}

// What there is of each pool.
void Server::grow_tables() {
  turns_.grow(config_->pools.size());
  admissions_.grow(config_->pools.size());
}

void Server::worker_done() {
  if (--running_ == 0) loop_.stop();
}

void Server::stop(Duration grace) {
  shutting_down_ = true;
  workers_.shut_down(grace);
}

void Server::on_signal(int number) noexcept {
  if (number == SIGHUP) {
    if (!shutting_down_) (void)reloader_.reload();
    return;
  }
  const bool again = shutting_down_;
  const Duration grace = again ? Duration::zero() : config_->proxy.shutdown_grace;
  log_.info(again ? "second signal: stopping at once" : "stopping",
            {{"grace_s", to_seconds(grace)}, {"sessions", ledger_.table().size()}});
  stop(grace);
}

void Server::on_tick() noexcept {
  ledger_.sweep(loop_.now());
  mover_.tick(loop_.now());
  monitor_->tick(loop_.now());
}

void Server::on_backends_changed(const balance::BackendSets& sets) noexcept {
  running_config_.set_backends(sets);
  // Only what joins while workers run has to ramp up.
  if (monitor_ != nullptr) monitor_->watch(sets);
  mover_.use(sets, loop_.now());
  take_back(sets);
  workers_.set_backends(sets);
}

// Called by the reloader, on this thread. Whoever learns of a pool finds all its tables.
void Server::follow(std::shared_ptr<const config::Config> config, std::vector<OpenListener> open,
                    std::vector<std::string> close) {
  const balance::BackendSets before = discovery_->sets();
  config_ = std::move(config);
  grow_tables();
  workers_.count_pools(config_->pools.size());
  discovery_->set_config(config_);
  const balance::BackendSets sets = discovery_->sets();
  running_config_.set({config_, sets});
  monitor_->set_config(config_);
  monitor_->watch(sets);
  mover_.use(sets, loop_.now());
  overload_watch_->set_config(config_->proxy.overload);
  note_who_left(before, sets);
  take_back(sets);
  for (const OpenListener& each : open) {
    log_.info("listening", {{"address", each.bound.address.to_string()}});
  }
  workers_.follow(config_, sets, std::move(open), close);
}

void Server::note_who_left(const balance::BackendSets& before, const balance::BackendSets& now) {
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
void Server::take_back(const balance::BackendSets& now) {
  for (const auto& set : now) {
    for (balance::Backend* const backend : set->backends) {
      if (left_.erase(backend) == 0) continue;
      if (backend->set_draining(false)) mover_.undrain(*backend, loop_.now());
    }
  }
}

int run_server(const std::string& config_file) {
  // One that comes before anybody watches would end the process, and look like a crash or worse.
  uv::hold_signals(kSignals);
  auto loaded = config::load_file(config_file);
  if (!loaded) {
    for (const auto& error : loaded.error()) std::cerr << config::to_text(error) << '\n';
    return 1;
  }
  (void)std::signal(SIGPIPE, SIG_IGN);
  auto config = std::make_shared<const config::Config>(std::move(*loaded));
  auto access_log = log::AccessLog::open(config->log.access, format_of(config->log.format));
  if (!access_log) {
    say(access_log.error());
    return 1;
  }
  Server server(config_file, std::move(config), std::move(*access_log));
  return server.run();
}

}  // namespace pinion
