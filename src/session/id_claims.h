// Ids that sessions have stated while another session of the same id lived elsewhere, and that
// could not be moved there: theirs once nobody else holds them.
//
// Threads: any; one mutex, which nobody takes as long as there is no claim.
// Lifetime: the books'.
// Invariants: one claim on each id, the newest; it goes when the last who holds the id has ended,
// so
//   that there are no more claims than ids in use.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "session/affinity_table.h"

namespace pinion::session {

class IdClaims {
 public:
  struct Claim {
    std::string sid;
    std::uint64_t serial = 0;
    Duration keep{};
  };
  void add(AffinityKey key, Claim claim);
  /// Nobody holds the id any more. @returns whose it is then
  std::optional<Claim> take(AffinityKey key);
  [[nodiscard]] bool any() const noexcept { return size_.load(std::memory_order_relaxed) != 0; }

 private:
  static std::string word_of(AffinityKey key);

  std::mutex mutex_;
  std::unordered_map<std::string, Claim> claims_;  // guarded by mutex_
  std::atomic<std::size_t> size_{0};
};

}  // namespace pinion::session
