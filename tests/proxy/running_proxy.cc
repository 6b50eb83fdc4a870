#include "running_proxy.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>

#include <csignal>
#include <latch>

#include "config/load.h"

namespace pinion::proxy::test {
namespace {

std::shared_ptr<const config::Config> load(const Options& options) {
  std::string text = "[proxy]\nlisten = [\"127.0.0.1:0\"]\nworkers = 1\n";
  text += "[proxy.timeouts]\n" + options.timeouts;
  text += "\n[proxy.limits]\n" + options.limits;
  text += "\n[proxy.overload]\n" + options.overload;
  // The real addresses are registered by the fixture; the config wants one.
  text += "\n[[pool]]\nname = \"chat\"\nbackends = [\"127.0.0.1:1\"]\n";
  text += "keep_alive_connections = " + std::to_string(options.keep_alive_connections) + '\n';
  text += options.pool + "\n[[route]]\npool = \"chat\"\npath = \"/\"\n";
  auto loaded = config::load_text(text, "test.toml");
  if (!loaded) FAIL(config::to_text(loaded.error().front()));
  return std::make_shared<const config::Config>(std::move(*loaded));
}

int null_descriptor() {
  static const uv::OwnedFd null{::open("/dev/null", O_WRONLY | O_CLOEXEC)};
  return null.get();
}

}  // namespace

bool eventually(const std::function<bool()>& condition) {
  const TimePoint deadline = monotonic_now() + std::chrono::seconds{20};
  while (!condition()) {
    if (monotonic_now() > deadline) return false;
    (void)::poll(nullptr, 0, 1);
  }
  return true;
}

RunningProxy::RunningProxy(const std::vector<SocketAddress>& backends, const Options& options)
    : config_(test::load(options)),
      log_({.fd = null_descriptor()}),
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
              .max_connections = options.max_connections} {
  // As the server does: a write to a closed connection is an error, not a signal.
  (void)std::signal(SIGPIPE, SIG_IGN);
  turns_.grow(1);
  admissions_.grow(1);
  auto set = std::make_shared<balance::BackendSet>();
  set->balance = config_->pools[0].balance;
  set->rate = config_->pools[0].admission.rate;
  for (const SocketAddress& address : backends) {
    backends_.push_back(registry_.find_or_add(
        {.pool_name = "chat", .name = address.to_string(), .address = address}));
    set->add(*backends_.back());
  }
  auto bound = uv::bind_sockets(*SocketAddress::from_ip("127.0.0.1", 0), 1);
  REQUIRE(bound);
  address_ = bound->address;
  worker_ = std::make_unique<Worker>(shared_, counters_,
                                     Worker::Setup{.config = config_, .backends = {set}});
  worker_->listen("here", std::move(bound->sockets[0]), false);
  thread_ = std::thread([this] { worker_->run(); });
}

RunningProxy::~RunningProxy() {
  CHECK(eventually([&] { return shared_.connections == 0; }));
  worker_->post([this] { worker_->shut_down(Duration::zero()); });
  thread_.join();
  worker_.reset();
  ledger_.sweep(monotonic_now() + std::chrono::hours{24});
  CHECK(ledger_.table().size() == 0);
  CHECK(budget_.used() == 0);
  CHECK(admissions_[0].waiting == 0);
  CHECK(counters_.accepted.value() == counters_.closed.value());
  CHECK(counters_.queued_bytes.value() == 0);
  for (const balance::Backend* backend : backends_) {
    CHECK(backend->assigned().reserved == 0);
    CHECK(backend->assigned().live == 0);
    CHECK(backend->websockets() == 0);
    CHECK(backend->inflight() == 0);
    CHECK(backend->queued_bytes_both() == 0);
  }
}

void RunningProxy::use_limits(const std::string& limits) {
  on_worker(
      [config = test::load({.limits = limits})](Worker& worker) { worker.set_config(config); });
}

void RunningProxy::on_worker(const std::function<void(Worker&)>& task) {
  std::latch done{1};
  worker_->post([&] {
    task(*worker_);
    done.count_down();
  });
  done.wait();
}

void RunningProxy::while_stopped(const std::function<void()>& meanwhile) {
  std::latch stopped{1};
  std::latch go_on{1};
  worker_->post([&] {
    stopped.count_down();
    go_on.wait();
  });
  stopped.wait();
  meanwhile();
  go_on.count_down();
  // The latch lives here, so the worker must be past it.
  on_worker([](Worker&) {});
}

}  // namespace pinion::proxy::test
