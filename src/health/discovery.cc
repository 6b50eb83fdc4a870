#include "health/discovery.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "config/address.h"

namespace pinion::health {

using config::Address;

// One configured backend.
struct Discovery::Source {
  std::uint64_t serial = 0;  // by which an answer finds it, if it is still there
  PoolId pool = 0;
  config::Backend backend;
  std::vector<balance::Backend*> resolved;
  bool is_name = false;
  bool asking = false;
  bool answered = false;
  bool failing = false;  // and said so
  std::string why;       // it has no address
  TimePoint answered_at{};
};

namespace {

std::vector<std::string> texts(const std::vector<SocketAddress>& addresses) {
  std::vector<std::string> sorted;
  sorted.reserve(addresses.size());
  for (const auto& address : addresses) sorted.push_back(address.to_string());
  std::sort(sorted.begin(), sorted.end());
  return sorted;
}

// An agent under the name of its backend stands beside it, at each of the addresses.
Address agent_of(const config::Backend& configured, const balance::Backend& backend) {
  Address agent = configured.agent;
  const bool by_name = agent.kind == Address::Kind::name;
  if (by_name && agent.host == configured.address.host) {
    agent.host = backend.identity().address.ip();
  }
  return agent;
}

}  // namespace

Discovery::Discovery(uv::Loop& loop, std::shared_ptr<const config::Config> config,
                     balance::Registry& registry, log::Logger& log, DiscoveryEvents& events,
                     uv::Resolver::LookUp look_up)
    : loop_(loop),
      config_(std::move(config)),
      registry_(registry),
      log_(log),
      events_(events),
      resolver_(loop, std::move(look_up)),
      ticker_(loop, as_ticker()) {
  adopt_sources();
}

void Discovery::set_config(std::shared_ptr<const config::Config> config) {
  config_ = std::move(config);
  adopt_sources();
  start();
}

// Those that were there go on with what they know.
void Discovery::adopt_sources() {
  const Hosts known_hosts = hosts();
  std::vector<Kept> before;
  before.reserve(config_->pools.size());
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) before.push_back(backends_of(pool));
  std::vector<std::unique_ptr<Source>> sources;
  for (PoolId pool = 0; pool < config_->pools.size(); ++pool) {
    for (const config::Backend& backend : config_->pools[pool].backends) {
      auto source = take(pool, backend);
      if (source != nullptr) {
        source->backend = backend;
        std::vector<SocketAddress> addresses;
        for (const auto* const known : source->resolved) {
          addresses.push_back(known->identity().address);
        }
        register_backends(*source, addresses);
      } else {
        source = std::make_unique<Source>();
        source->serial = next_serial_++;
        source->pool = pool;
        source->backend = backend;
        begin(*source, known_hosts);
      }
      sources.push_back(std::move(source));
    }
  }
  sources_ = std::move(sources);
  for (PoolId pool = 0; pool < before.size(); ++pool) {
    if (!waits_for_names(pool)) before[pool] = {};
  }
  kept_ = std::move(before);
  unanswered_ = static_cast<std::size_t>(std::ranges::count_if(
      sources_, [](const auto& source) { return source->is_name && !source->answered; }));
}

Discovery::Kept Discovery::backends_of(PoolId pool) const {
  Kept its;
  for (const auto& source : sources_) {
    if (source->pool != pool) continue;
    for (balance::Backend* const backend : source->resolved) {
      its.backends.push_back(backend);
      if (source->backend.agent.text.empty()) continue;
      its.agents.emplace_back(backend, agent_of(source->backend, *backend));
    }
  }
  return its.backends.empty() && pool < kept_.size() ? kept_[pool] : its;
}

// It has nothing but names, of which none has an address.
bool Discovery::waits_for_names(PoolId pool) const noexcept {
  bool waits = false;
  for (const auto& source : sources_) {
    if (source->pool != pool) continue;
    if (!source->resolved.empty()) return false;
    waits = waits || source->is_name;
  }
  return waits;
}

std::unique_ptr<Discovery::Source> Discovery::take(PoolId pool, const config::Backend& backend) {
  for (auto& source : sources_) {
    if (source == nullptr || source->pool != pool || source->backend.name != backend.name ||
        !source->backend.address.same_place(backend.address)) {
      continue;
    }
    return std::move(source);
  }
  return nullptr;
}

Discovery::Hosts Discovery::hosts() const {
  Hosts hosts;
  for (const auto& source : sources_) {
    if (!source->is_name || source->resolved.empty()) continue;
    std::vector<SocketAddress>& addresses = hosts[source->backend.address.host];
    addresses.clear();
    for (const auto* const backend : source->resolved) {
      addresses.push_back(backend->identity().address);
    }
  }
  return hosts;
}

// A host that is known by another backend is where that was found, until it has been asked for: a
// backend or a pool that has another name or port now is not without addresses meanwhile.
void Discovery::begin(Source& source, const Hosts& known) {
  const Address& at = source.backend.address;
  source.is_name = at.kind == Address::Kind::name;
  if (source.is_name) {
    const auto found = known.find(at.host);
    if (found == known.end()) return;
    std::vector<SocketAddress> addresses = found->second;
    for (SocketAddress& address : addresses) address.set_port(at.port);
    return register_backends(source, addresses);
  }
  if (const auto address = config::socket_address(at)) register_backends(source, {*address});
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
    set->recovery = config_->pools[pool].admission.recovery;
    for (const auto& source : sources_) {
      if (source->pool != pool) continue;
      if (source->resolved.empty()) {
        set->unresolved.push_back({.name = source->backend.name,
                                   .address = source->backend.address.text,
                                   .why = source->why});
      }
      for (balance::Backend* const backend : source->resolved) {
        set->add(*backend);
        if (source->backend.agent.text.empty()) continue;
        set->agents.emplace_back(backend, agent_of(source->backend, *backend));
      }
    }
    if (set->backends.empty()) {
      for (balance::Backend* const backend : kept_[pool].backends) set->add(*backend);
      set->agents = kept_[pool].agents;
    }
    set->find_namesakes();
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
    if (source->is_name && !source->asking && is_due(*source)) ask(*source);
  }
}

bool Discovery::is_due(const Source& source) const noexcept {
  if (!source.answered) return true;
  // What was made anew elsewhere is found down at its old address.
  const bool doubtful = source.failing || source.resolved.empty() ||
                        std::ranges::any_of(source.resolved, [](const auto* backend) {
                          return !backend->health().up();
                        });
  return loop_.now() - source.answered_at >= (doubtful ? kEveryUnresolved : kEvery);
}

void Discovery::ask(Source& source) {
  source.asking = true;
  const Address& at = source.backend.address;
  const auto then = [this, serial = source.serial](const auto& addresses, const char* error) {
    const auto found = std::ranges::find_if(
        sources_, [serial](const auto& each) { return each->serial == serial; });
    if (found == sources_.end()) return;  // a reload has taken it away
    Source& asked = **found;
    asked.asking = false;
    if (!std::exchange(asked.answered, true)) --unanswered_;
    answer(asked, addresses, error);
    asked.answered_at = loop_.now();
  };
  resolver_.resolve(at.host, at.port, then);
}

void Discovery::answer(Source& source, const std::vector<SocketAddress>& addresses,
                       const char* error) {
  events_.on_name_looked_up(error == nullptr);
  const config::Backend& configured = source.backend;
  const bool was_failing = std::exchange(source.failing, error != nullptr);
  source.why = error != nullptr ? error : "";
  if (error != nullptr) {
    if (was_failing) return;
    if (source.resolved.empty()) events_.on_backends_changed(sets());
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
  const Backends before = source.resolved;
  register_backends(source, addresses);
  if (!source.resolved.empty()) let_go(source.pool);
  tell_other_addresses(before, source.resolved);
  log_.info("backend name resolved", {{"pool", config_->pools[source.pool].name},
                                      {"backend", configured.name},
                                      {"addresses", source.resolved.size()}});
  events_.on_backends_changed(sets());
}

void Discovery::let_go(PoolId pool) {
  for (balance::Backend* const backend : std::exchange(kept_[pool], {}).backends) {
    events_.on_let_go(*backend);
  }
}

// An order is for the configured backend, be it a container that was made anew meanwhile. Where
// others stay, nobody can tell whose place a new one takes, and an order is not lifted for that.
void Discovery::tell_other_addresses(const Backends& before, const Backends& now) {
  const auto is_in = [](const Backends& all) {
    return [&all](const balance::Backend* one) { return std::ranges::find(all, one) != all.end(); };
  };
  Backends left = before;
  Backends fresh = now;
  std::erase_if(left, is_in(now));
  std::erase_if(fresh, is_in(before));
  if (left.empty()) return;
  const bool drained =
      std::ranges::all_of(left, [](const balance::Backend* one) { return one->told_to_drain(); });
  if (!drained && (before.size() != 1 || now.size() != 1)) return;
  for (balance::Backend* const backend : fresh) events_.on_other_address(*backend, drained);
}

void Discovery::register_backends(Source& source, const std::vector<SocketAddress>& addresses) {
  const config::Backend& configured = source.backend;
  // By the configured name alone, if that is enough: also at another address than before, where it
  // is the same container that was made anew.
  const bool plain = addresses.size() == 1;
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
    if (backend != nullptr) {
      source.resolved.push_back(backend);
      continue;
    }
    source.why = "this process has known too many backends";
    if (!std::exchange(said_full_, true)) {
      log_.error("this process has known too many backends to tell another one apart; restart it",
                 {{"pool", config_->pools[source.pool].name},
                  {"backend", configured.name},
                  {"address", address.to_string()},
                  {"known", registry_.size()}});
    }
  }
}

}  // namespace pinion::health
