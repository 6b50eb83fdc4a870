// Which addresses the configured backends have now: literals at once, host names by DNS, again
// every kEvery, and sooner when they may have changed.
//
// Threads: the main thread's loop; name look-ups run on libuv's pool, so the loop never waits.
// Lifetime: the registry, the log and the events outlive it.
// Invariants: a name that cannot be resolved keeps the addresses that it had, and a pool in which a
//   reload left names without addresses alone keeps its backends until one has some. Each change
//   makes new snapshots; an address that is gone gets no new sessions, while those it has go on.
#pragma once

#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "balance/backend_set.h"
#include "balance/registry.h"
#include "config/config.h"
#include "log/log.h"
#include "uv/resolver.h"
#include "uv/timer.h"

namespace pinion::health {

class DiscoveryEvents {
 public:
  virtual void on_backends_changed(const balance::BackendSets& sets) noexcept = 0;
  /// It has taken the place of others of the same configured backend; told before
  /// on_backends_changed(). @param drained by an order all of those were, or none was
  virtual void on_other_address(balance::Backend& backend, bool drained) noexcept {
    (void)backend, (void)drained;
  }
  /// It was kept when a reload took it away, until a name had an address, which it has now.
  virtual void on_let_go(balance::Backend& backend) noexcept { (void)backend; }
  /// A name was asked for. @param found whether it has addresses
  virtual void on_name_looked_up(bool found) noexcept { (void)found; }

 protected:
  ~DiscoveryEvents() = default;
};

class Discovery final : private uv::Timer::Handler {
 public:
  static constexpr Duration kEvery = std::chrono::seconds{30};
  /// A name that has no address, was not answered, or has a backend that is down is asked for more
  /// often.
  static constexpr Duration kEveryUnresolved = std::chrono::seconds{2};

  Discovery(uv::Loop& loop, std::shared_ptr<const config::Config> config,
            balance::Registry& registry, log::Logger& log, DiscoveryEvents& events,
            uv::Resolver::LookUp look_up = uv::Resolver::ask_system);
  ~Discovery();
  Discovery(const Discovery&) = delete;
  Discovery& operator=(const Discovery&) = delete;

  /// Follows another config, in which pools that stay have their index. Names that are new are
  /// asked for, and have the addresses of another
  /// backend of the same host until then; no event tells of what is known at once.
  void set_config(std::shared_ptr<const config::Config> config);
  /// What is known without asking anybody, and, after the first answers, all.
  [[nodiscard]] balance::BackendSets sets() const;
  /// Asks for all names; events follow.
  void start();
  /// Every name has been answered once, whatever the answer was.
  [[nodiscard]] bool complete() const noexcept { return unanswered_ == 0; }

 private:
  struct Source;
  using Backends = std::vector<balance::Backend*>;
  struct Kept {
    Backends backends;
    std::vector<std::pair<balance::Backend*, config::Address>> agents;
  };
  using Hosts = std::unordered_map<std::string, std::vector<SocketAddress>>;

  void on_tick() noexcept override;
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  /// The addresses of the names that have been resolved, with whatever port.
  [[nodiscard]] Hosts hosts() const;
  void begin(Source& source, const Hosts& known);
  [[nodiscard]] std::unique_ptr<Source> take(PoolId pool, const config::Backend& backend);
  void adopt_sources();
  [[nodiscard]] Kept backends_of(PoolId pool) const;
  [[nodiscard]] bool waits_for_names(PoolId pool) const noexcept;
  void let_go(PoolId pool);
  void tell_other_addresses(const Backends& before, const Backends& now);
  [[nodiscard]] bool is_due(const Source& source) const noexcept;
  void ask(Source& source);
  void register_backends(Source& source, const std::vector<SocketAddress>& addresses);
  void answer(Source& source, const std::vector<SocketAddress>& addresses, const char* error);

  uv::Loop& loop_;
  std::shared_ptr<const config::Config> config_;
  balance::Registry& registry_;
  log::Logger& log_;
  DiscoveryEvents& events_;
  uv::Resolver resolver_;
  uv::Timer ticker_;
  std::vector<std::unique_ptr<Source>> sources_;
  std::vector<Kept> kept_;  // of each pool, as long as its names have no address
  std::uint64_t next_serial_ = 1;
  std::size_t unanswered_ = 0;
  bool said_full_ = false;
};

}  // namespace pinion::health
