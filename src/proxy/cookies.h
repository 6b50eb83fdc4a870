// pinion's own cookies: which backend a value stands for, and the field that sets one.
//
// Threads: one worker's.
// Lifetime: the worker's.
// Invariants: a value is made once for each backend, and forgotten when the pool's key changes.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>

#include "balance/backend_set.h"
#include "config/config.h"

namespace pinion::proxy {

class Cookies {
 public:
  /// @param made_key for pools that have none of their own; outlives this
  explicit Cookies(const std::string& made_key) noexcept : made_key_(made_key) {}

  /// The backend of the pool that a value stands for; null when it stands for none of them.
  balance::Backend* backend_of(const config::Pool& pool, const balance::BackendSet& set,
                               std::string_view value);
  const std::string& value_for(const config::Pool& pool, const balance::BackendSet& set,
                               const balance::Backend& backend);
  /// The value of a Set-Cookie field (RFC 6265, 4.1). @param https whether the client came by TLS
  static std::string field(const config::Affinity& affinity, std::string_view value, bool https);

 private:
  struct Made {
    std::string key, value;
    bool with_address = false;
  };

  const std::string& made_key_;
  std::unordered_map<BackendId, Made> values_;
};

}  // namespace pinion::proxy
