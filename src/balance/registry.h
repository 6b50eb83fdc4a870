// All backends that this process has ever known, and the snapshot of those that it uses now.
//
// Threads: changed on the main thread; by_id() and size() from any thread (room for all is reserved
//   at once, and an id is known to others only after its backend is there).
// Lifetime: as long as the process.
#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balance/backend.h"
#include "balance/backend_set.h"

namespace pinion::balance {

class Registry {
 public:
  /// More addresses than this are refused, so that a name that resolves anew each time cannot fill
  /// the memory.
  static constexpr std::size_t kMaxBackends = 65536;

  Registry();

  /// The backend of that pool, configured name and address: an old one, with the name that it was
  /// known by and the weight and limit that it is to have now, else a new one. Null when there are
  /// kMaxBackends.
  /// @param configured_name what the config calls it; all addresses of a host name share it
  Backend* find_or_add(std::string_view configured_name, BackendIdentity identity);
  Backend* find_or_add(const BackendIdentity& identity) {
    return find_or_add(identity.name, identity);
  }
  [[nodiscard]] Backend& by_id(BackendId id) const noexcept;
  /// Another backend with sessions at the same address: in another pool, or under a name that a
  /// reload has changed. Null when there is none.
  [[nodiscard]] const Backend* company_of(const Backend& backend) const;
  /// How many there are: ids are below it.
  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_acquire); }

 private:
  std::unordered_map<std::string, Backend*> by_key_;
  // Room for all is reserved at once, so that readers need no lock while the main thread adds.
  std::vector<std::unique_ptr<Backend>> backends_;
  std::atomic<std::size_t> size_{0};
};

}  // namespace pinion::balance
