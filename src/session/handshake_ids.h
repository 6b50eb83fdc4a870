// The ids that handshakes have stated, of sessions that belong to another one, or may yet: a
// CONNECT says better where its session belongs.
//
// Threads: any; one mutex, which nobody takes as long as there is no such id.
// Lifetime: the books', which the AffinityTable outlives.
// Invariants: at most one id of each session, by its serial. Whoever gets an Entry back releases or
//   forgets it.
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

class HandshakeIds {
 public:
  /// One that lives elsewhere, where the CONNECT may lead its session.
  struct Left {
    std::string id;
    Duration keep{};
  };
  void leave_to_connect(std::uint64_t serial, Left left);
  /// The CONNECT has been read, or will not be. @returns what was left to it
  std::optional<Left> take(std::uint64_t serial);

  /// The session has another id from now on, and holds this one too until it ends.
  /// @returns what it held so before
  AffinityTable::Entry* hold(std::uint64_t serial, AffinityTable::Entry* entry);
  /// The session has ended. @returns what it held, or null
  AffinityTable::Entry* end(std::uint64_t serial);

 private:
  struct Beside {
    std::optional<Left> left;
    AffinityTable::Entry* held = nullptr;
  };
  void note_size() noexcept { size_.store(beside_.size(), std::memory_order_relaxed); }
  [[nodiscard]] bool has_none() const noexcept {
    return size_.load(std::memory_order_relaxed) == 0;
  }

  std::mutex mutex_;
  std::unordered_map<std::uint64_t, Beside> beside_;  // guarded by mutex_
  std::atomic<std::size_t> size_{0};
};

}  // namespace pinion::session
