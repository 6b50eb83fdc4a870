#include "server.h"

#include <algorithm>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <mutex>
#include <thread>
#include <vector>

#include "admin/server.h"
#include "balance/load_keeper.h"
#include "config/load.h"
#include "config/token_file.h"
#include "health/discovery.h"
#include "health/level_watch.h"
#include "health/prober.h"
#include "max_connections.h"
#include "probe_news.h"
#include "proxy/overload_watch.h"
#include "proxy/worker.h"
#include "server_view.h"
#include "uv/listen_socket.h"
#include "uv/signal.h"

namespace pinion {
namespace {

constexpr Duration kPublishTime = std::chrono::milliseconds{100};
constexpr Duration kNameTime = std::chrono::seconds{3};

log::Level level_of(config::LogLevel level) noexcept {
  constexpr log::Level kLevels[] = {log::Level::debug, log::Level::info, log::Level::warning,
                                    log::Level::error};
  return kLevels[static_cast<std::size_t>(level)];
}

log::Format format_of(config::LogFormat format) noexcept {
  return format == config::LogFormat::json ? log::Format::json : log::Format::text;
}

std::optional<SocketAddress> socket_address(const config::Address& address) {
  using Kind = config::Address::Kind;
  if (address.kind == Kind::unix_path) return SocketAddress::from_unix_path(address.host);
  return SocketAddress::from_ip(address.host, address.port);
}

void say(const std::string& error) { std::cerr << "pinion: " << error << '\n'; }

}  // namespace

class Server final : private uv::Signal::Handler,
                     private uv::Timer::Handler,
                     private health::DiscoveryEvents,
                     private SessionCloser,
                     private ServerView::Actions {
 public:
  Server(std::shared_ptr<const config::Config> config, log::AccessLog access_log);

  int run();

 private:
  using BoundListeners = std::vector<uv::BoundSockets>;

  bool bind(BoundListeners& bound);
  bool start_admin();
  void resolve_names();
  void make_workers(BoundListeners bound);
  void start_threads();
  void worker_done();
  void stop(Duration grace);

  void on_signal(int number) noexcept override;
  void on_tick() noexcept override;
  void on_backends_changed(const balance::BackendSets& sets) noexcept override;
  uv::Signal::Handler& as_signals() noexcept { return *this; }
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  health::DiscoveryEvents& as_discovery() noexcept { return *this; }
  SessionCloser& as_closer() noexcept { return *this; }
  ServerView::Actions& as_actions() noexcept { return *this; }
  void close_sessions(std::span<const session::Session> sessions,
                      metrics::CloseReason reason) override;
  void close_session(const session::Session& session) override;
  void publish_tunnels() override;
  void drain(balance::Backend& backend, const admin::DrainOrder& order) override;
  void undrain(balance::Backend& backend) override;
  void rebalance(std::shared_ptr<const balance::BackendSet> set, double per_second) override;
  [[nodiscard]] Mover::Terms terms(PoolId pool, double per_second) const {
    return {.per_second = per_second, .patience = config_->pools[pool].patience};
  }

  std::shared_ptr<const config::Config> config_;
  log::Logger log_;
  log::AccessLog access_log_;
  BufferBudget budget_;
  balance::Registry registry_;
  balance::SharedTurns turns_;
  balance::SharedAdmissions admissions_;
  balance::LoadKeeper loads_;
  proxy::SessionLedger ledger_;
  proxy::BackendNews news_;
  proxy::Shared shared_;
  Mover mover_;
  ServerView::AllCounters counters_;
  ServerView view_;
  uv::Loop loop_;
  uv::Mailbox mailbox_;
  std::vector<std::unique_ptr<proxy::Worker>> workers_;
  std::vector<std::thread> threads_;
  std::size_t running_ = 0;
  unsigned stops_ = 0;
  std::unique_ptr<admin::AdminServer> admin_;
  std::unique_ptr<health::Discovery> discovery_;
  ProbeNews probe_news_{news_};
  std::unique_ptr<health::Prober> prober_;
  std::unique_ptr<health::LevelWatch> level_watch_;
  std::unique_ptr<proxy::OverloadWatch> overload_watch_;
  std::unique_ptr<uv::Timer> ticker_;
  std::vector<std::unique_ptr<uv::Signal>> signals_;
};

Server::Server(std::shared_ptr<const config::Config> config, log::AccessLog access_log)
    : config_(std::move(config)),
      log_({.level = level_of(config_->log.level), .format = format_of(config_->log.format)}),
      access_log_(std::move(access_log)),
      budget_(config_->proxy.limits.buffered_total),
      loads_(config_->pools),
      ledger_(registry_, config_->proxy.limits.pins, log_),
      news_(log_, ledger_),
      shared_{.registry = registry_,
              .turns = turns_,
              .admissions = admissions_,
              .ledger = ledger_,
              .news = news_,
              .budget = budget_,
              .log = log_,
              .access_log = access_log_,
              .max_connections = resolve_max_connections(*config_)},
      mover_(ledger_, log_, as_closer()),
      view_(config_, shared_, mover_, counters_, as_actions()),
      mailbox_(loop_) {
  for (std::size_t i = 0; i < config_->pools.size(); ++i) {
    turns_.push_back(std::make_unique<balance::RoundRobinState>());
    admissions_.push_back(std::make_unique<balance::SharedAdmission>());
  }
}

int Server::run() {
  BoundListeners bound;
  if (!bind(bound)) return 1;
  discovery_ = std::make_unique<health::Discovery>(loop_, config_, registry_, log_, as_discovery());
  resolve_names();
  loads_.watch(discovery_->sets(), loop_.now());
  make_workers(std::move(bound));
  if (!start_admin()) return 1;
  prober_ = std::make_unique<health::Prober>(loop_, probe_news_, config_);
  prober_->watch(discovery_->sets());
  level_watch_ = std::make_unique<health::LevelWatch>(loop_, log_);
  level_watch_->watch(discovery_->sets());
  overload_watch_ =
      std::make_unique<proxy::OverloadWatch>(loop_, shared_, counters_, config_->proxy.overload);
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
    signals_.push_back(std::make_unique<uv::Signal>(loop_, number, as_signals()));
  }
  ticker_ = std::make_unique<uv::Timer>(loop_, as_ticker());
  ticker_->start(balance::LoadKeeper::kEvery, balance::LoadKeeper::kEvery);
  start_threads();
  loop_.run();
  for (std::thread& thread : threads_) thread.join();
  admin_->stop();
  log_.info("stopped");
  return 0;
}

bool Server::bind(BoundListeners& bound) {
  for (const config::Address& listen : config_->proxy.listen) {
    const auto address = socket_address(listen);
    if (!address) {
      say("cannot listen on " + listen.text + ": not an address of this machine");
      return false;
    }
    auto sockets = uv::bind_sockets(*address, config_->proxy.workers);
    if (!sockets) {
      say(sockets.error());
      return false;
    }
    bound.push_back(std::move(*sockets));
  }
  return true;
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
    uv_run(loop_.raw(), UV_RUN_ONCE);
  }
  view_.set_backends(discovery_->sets());
}

void Server::make_workers(BoundListeners bound) {
  for (unsigned i = 0; i < config_->proxy.workers; ++i) {
    counters_.push_back(std::make_unique<metrics::WorkerCounters>(config_->pools.size()));
    workers_.push_back(std::make_unique<proxy::Worker>(
        shared_, *counters_.back(),
        proxy::Worker::Setup{.index = i, .config = config_, .backends = discovery_->sets()}));
  }
  for (uv::BoundSockets& listener : bound) {
    for (std::size_t i = 0; i < workers_.size(); ++i) {
      workers_[i]->listen(std::move(listener.sockets[i]), listener.address.is_unix());
    }
    log_.info("listening", {{"address", listener.address.to_string()}});
  }
}

void Server::start_threads() {
  running_ = workers_.size();
  for (const auto& worker : workers_) {
    threads_.emplace_back([this, &worker = *worker] {
      worker.run();
      mailbox_.post([this] { worker_done(); });
    });
  }
  log_.info("pinion is running", {{"version", PINION_VERSION},
                                  {"workers", workers_.size()},
                                  {"max_connections", shared_.max_connections}});
}

void Server::worker_done() {
  if (--running_ == 0) loop_.stop();
}

void Server::stop(Duration grace) {
  view_.set_shutting_down();
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, grace] { worker.shut_down(grace); });
  }
}

void Server::on_signal(int number) noexcept {
  if (number == SIGHUP) {
    const auto reopened =
        access_log_.enabled() ? access_log_.reopen() : std::expected<void, std::string>{};
    if (!reopened) log_.error("the access log cannot be reopened", {{"why", reopened.error()}});
    log_.info("SIGHUP: access log reopened; a changed config needs a restart");
    return;
  }
  const bool again = stops_++ > 0;
  const Duration grace = again ? Duration::zero() : config_->proxy.shutdown_grace;
  log_.info(again ? "second signal: stopping at once" : "stopping",
            {{"grace_s", to_seconds(grace)}, {"sessions", ledger_.table().size()}});
  stop(grace);
}

void Server::on_tick() noexcept {
  ledger_.sweep(loop_.now());
  mover_.tick(loop_.now());
  loads_.tick(loop_.now());
}

void Server::on_backends_changed(const balance::BackendSets& sets) noexcept {
  view_.set_backends(sets);
  // Only what joins while workers run has to ramp up.
  if (!workers_.empty()) loads_.watch(sets, loop_.now());
  if (prober_ != nullptr) prober_->watch(sets);
  if (level_watch_ != nullptr) level_watch_->watch(sets);
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, sets] { worker.set_backends(sets); });
  }
}

// Without a tunnel its next request hears that it is unknown. To all workers, since its polls may
// wait on any of them.
void Server::close_sessions(std::span<const session::Session> sessions,
                            metrics::CloseReason reason) {
  std::vector<std::uint64_t> serials;
  serials.reserve(sessions.size());
  for (const session::Session& session : sessions) {
    serials.push_back(session.serial);
    if (session.has_tunnel) continue;
    ledger_.close({session.pool, session.sid}, session.serial, reason);
  }
  std::ranges::sort(serials);
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, serials, reason] { worker.close_sessions(serials, reason); });
  }
}

void Server::close_session(const session::Session& session) {
  close_sessions({&session, 1}, metrics::CloseReason::admin);
}

// At once, so that whoever asked sees it; what follows is the main thread's.
void Server::drain(balance::Backend& backend, const admin::DrainOrder& order) {
  backend.set_draining(true);
  mailbox_.post([this, &backend, order] {
    const Mover::Terms how = terms(backend.identity().pool, order.per_second);
    mover_.drain(backend, order.close ? std::optional(how) : std::nullopt, loop_.now());
  });
}

void Server::undrain(balance::Backend& backend) {
  backend.set_draining(false);
  mailbox_.post([this, &backend] { mover_.undrain(backend); });
}

void Server::rebalance(std::shared_ptr<const balance::BackendSet> set, double per_second) {
  mailbox_.post([this, set = std::move(set), per_second] {
    mover_.rebalance(*set, terms(set->pool, per_second), loop_.now());
  });
}

void Server::publish_tunnels() {
  // Shared with the tasks, since a worker that is late must find it although nobody waits any more.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable told;
    std::size_t left = 0;
  };
  const auto waiting = std::make_shared<Waiting>();
  waiting->left = workers_.size();
  for (const auto& worker : workers_) {
    worker->post([&worker = *worker, waiting] {
      worker.publish_dirty();
      const std::lock_guard lock(waiting->mutex);
      --waiting->left;
      waiting->told.notify_one();
    });
  }
  std::unique_lock lock(waiting->mutex);
  waiting->told.wait_for(lock, kPublishTime, [&] { return waiting->left == 0; });
}

int run_server(const std::string& config_file) {
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
  Server server(std::move(config), std::move(*access_log));
  return server.run();
}

}  // namespace pinion
