// Clients that have lost a session through no doing of their own, so that they can be let in before
// those who are new. A client is an address; each session that was lost counts once.
//
// Threads: any; one mutex, held for a look-up. Nobody takes it while nothing was lost.
// Lifetime: part of the books of sessions.
// Invariants: at most 2 * kMost addresses; what was lost is forgotten after one to two kGeneration.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/clock.h"

namespace pinion::session {

class LostClients {
 public:
  static constexpr std::size_t kMost = 65536;
  static constexpr Duration kGeneration = std::chrono::seconds{30};

  /// One of this client's sessions was lost. An address that is not known (empty) is passed over.
  void lost(const std::string& client);
  /// Takes one of the sessions that it lost off the list. @returns false if there is none
  bool take(const std::string& client);
  /// Forgets what is old. To be called now and then.
  void age(TimePoint now);

 private:
  using Counts = std::unordered_map<std::string, std::uint32_t>;

  static bool take_from(Counts& counts, const std::string& client);

  std::mutex mutex_;
  Counts young_, old_;  // guarded by mutex_
  TimePoint next_{};    // guarded by mutex_
  std::atomic<bool> any_{false};
};

}  // namespace pinion::session
