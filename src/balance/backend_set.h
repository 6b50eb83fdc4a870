// The backends of one pool at one moment: an immutable snapshot that workers choose from.
//
// Threads: immutable; shared as shared_ptr<const BackendSet>.
// Lifetime: the backends outlive every set.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "balance/backend.h"
#include "config/config.h"

namespace pinion::balance {

struct BackendSet {
  PoolId pool = 0;
  config::Balance balance = config::Balance::least_load;
  config::Thresholds thresholds{};
  std::uint32_t rate = 0;  // new sessions a second for each backend; 0: no limit
  Duration recovery{};     // of a backend that was full by what is measured; 0: at once
  std::vector<Backend*> backends;
  /// Those that have an agent, and where it listens.
  std::vector<std::pair<Backend*, config::Address>> agents = {};
  std::vector<std::uint64_t> weights = {};     // of the backends up to each, added up
  std::vector<std::string> shared_names = {};  // each of several backends; sorted
  /// Of the config, that have no address to connect to.
  struct Unresolved {
    std::string name, address, why;
  };
  std::vector<Unresolved> unresolved = {};

  void add(Backend& backend);
  /// Finds out which names are shared: a host name that was resolved anew may be at both its old
  /// and its new address.
  void find_namesakes();
  [[nodiscard]] bool shares_name(const Backend& backend) const noexcept;
  /// A backend that is remembered may have left since.
  [[nodiscard]] bool has(const Backend& backend) const noexcept;
  /// The backend that is there now: itself, or, after a reload that renamed it, the one at the same
  /// address. @returns null when it has left
  [[nodiscard]] Backend* now_called(Backend& backend) const;
  /// Of all its backends.
  [[nodiscard]] std::uint64_t total_weight() const noexcept {
    return weights.empty() ? 0 : weights.back();
  }
  /// The backend in whose part of total_weight() this is; it is less than that.
  [[nodiscard]] Backend& at_weight(std::uint64_t weight) const noexcept;
  /// Whether any backend takes a new session now, as far as is known.
  [[nodiscard]] bool may_take_sessions(TimePoint now) const noexcept;
};

/// One set a pool, by index into Config::pools.
using BackendSets = std::vector<std::shared_ptr<const BackendSet>>;

}  // namespace pinion::balance
