#include "health/discovery.h"

#include <algorithm>

namespace pinion::health {

using config::Address;

// One configured backend.
struct Discovery::Source {
  PoolId pool = 0;
  const config::Backend* backend = nullptr;
  std::vector<balance::Backend*> resolved;
  bool is_name = false;
  bool asking = false;
  bool answered = false;
  bool failing = false;  // and said so
  TimePoint ask_at{};
};

namespace {

std::vector<std::string> texts(const std::vector<SocketAddress>& addresses) {
  std::vector<std::string> sorted;
  sorted.reserve(addresses.size());
  for (const auto& address : addresses) sorted.push_back(address.to_string());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

}  // namespace

Discovery::Discovery(uv::Loop& loop, std::shared_ptr<const config::Config> config,
                     balance::Registry& registry, log::Logger& log, DiscoveryEvents& events)
    : loop_(loop),
      config_(std::move(config)),
      registry_(registry),
      log_(log),
      events_(events),
      resolver_(loop),
      ticker_(loop, as_ticker()) {
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) {
    for (const config::Backend& backend : config_->pools[pool].backends) {
      auto source = std::make_unique<Source>();
      source->pool = pool;
      source->backend = &backend;
      source->is_name = backend.address.kind == Address::Kind::name;
      const Address& at = backend.address;
      if (source->is_name) {
        ++unanswered_;
      } else if (at.kind == Address::Kind::unix_path) {
        answer(*source, {SocketAddress::from_unix_path(at.host)}, nullptr);
      } else if (const auto address = SocketAddress::from_ip(at.host, at.port)) {
        answer(*source, {*address}, nullptr);
      }
      sources_.push_back(std::move(source));
    }
  }
}

Discovery::~Discovery() = default;

balance::BackendSets Discovery::sets() const {
  balance::BackendSets sets;
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) {
    auto set = std::make_shared<balance::BackendSet>();
    set->pool = pool;
    set->balance = config_->pools[pool].balance;
    set->thresholds = config_->pools[pool].thresholds;
    set->rate = config_->pools[pool].admission.rate;
    for (const auto& source : sources_) {
      if (source->pool != pool) continue;
      for (balance::Backend* const backend : source->resolved) set->add(*backend);
    }
    sets.push_back(std::move(set));
  }
  return sets;
}

void Discovery::start() {
  on_tick();
  if (unanswered_ > 0)
    ticker_.start(std::chrono::milliseconds{500}, std::chrono::milliseconds{500});
}

void Discovery::on_tick() noexcept {
  for (const auto& source : sources_) {
    if (source->is_name && !source->asking && loop_.now() >= source->ask_at) ask(*source);
  }
}

void Discovery::ask(Source& source) {
  source.asking = true;
  const Address& at = source.backend->address;
  resolver_.resolve(at.host, at.port, [this, &source](const auto& addresses, const char* error) {
    source.asking = false;
    if (!std::exchange(source.answered, true)) --unanswered_;
    answer(source, addresses, error);
    source.ask_at = loop_.now() + (source.resolved.empty() ? kEveryUnresolved : kEvery);
  });
}

void Discovery::answer(Source& source, const std::vector<SocketAddress>& addresses,
                       const char* error) {
  const config::Backend& configured = *source.backend;
  const bool was_failing = std::exchange(source.failing, error != nullptr);
  if (error != nullptr) {
    if (was_failing) return;
    log_.warning("the name of a backend cannot be resolved; it is asked for again",
                 {{"pool", config_->pools[source.pool].name},
                  {"backend", configured.name},
                  {"name", configured.address.host},
                  {"why", error},
                  {"addresses_kept", source.resolved.size()}});
    return;
  }
  std::vector<SocketAddress> known;
  known.reserve(source.resolved.size());
  for (const auto* const backend : source.resolved) known.push_back(backend->identity().address);
  if (!was_failing && texts(known) == texts(addresses)) return;
  // The first answer decides how its backends are called: by the configured name alone, if that is
  // enough.
  const bool plain = source.resolved.empty() && addresses.size() == 1;
  source.resolved.clear();
  for (const SocketAddress& address : addresses) {
    const std::string name = plain ? configured.name : configured.name + '@' + address.to_string();
    balance::Backend* const backend =
        registry_.find_or_add(configured.name, {.pool = source.pool,
                                                .pool_name = config_->pools[source.pool].name,
                                                .name = name,
                                                .address = address,
                                                .weight = configured.weight,
                                                .max_sessions = configured.max_sessions});
    if (backend != nullptr) source.resolved.push_back(backend);
  }
  if (!source.is_name) return;
  log_.info("backend name resolved", {{"pool", config_->pools[source.pool].name},
                                      {"backend", configured.name},
                                      {"addresses", source.resolved.size()}});
  events_.on_backends_changed(sets());
}

}  // namespace pinion::health
