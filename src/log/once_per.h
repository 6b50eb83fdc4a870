// Keeps a repeated error from flooding the log: the same key at most once in an interval.
//
//   if (const auto held_back = once.admit(backend, now)) {
//     log.error("backend refuses connections", {{"backend", backend}, {"repeated", *held_back}});
//   }
//
// Threads: one thread's.
// Invariants: at most `max_keys` keys are remembered; the one said longest ago makes room.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pinion::log {

class OncePer {
 public:
  /// @param max_keys at least 1
  explicit OncePer(Duration interval, std::size_t max_keys = 256) noexcept
      : interval_(interval), max_keys_(max_keys) {}

  /// Nothing when the key was admitted less than the interval ago; otherwise how many times it has
  /// been held back since then.
  std::optional<std::uint64_t> admit(std::string_view key, TimePoint now);

 private:
  struct Entry {
    TimePoint said;
    std::uint64_t held_back = 0;
  };

  void make_room();

  Duration interval_;
  std::size_t max_keys_;
  std::map<std::string, Entry, std::less<>> entries_;
};

}  // namespace pinion::log
