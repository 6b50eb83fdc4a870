// What is counted apart from the workers: by the main thread and by the admin endpoint's.
//
// Threads: each number is written by the one thread that its comment names, and read by any.
// Lifetime: the composition root's; it outlives whoever counts.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/counter.h"

namespace pinion::metrics {

enum class ReloadResult : unsigned char { ok, failed, count_ };
inline constexpr std::size_t kReloadResults = static_cast<std::size_t>(ReloadResult::count_);
constexpr std::string_view to_string(ReloadResult result) noexcept {
  constexpr std::string_view kNames[] = {"ok", "failed"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kReloadResults);
  return kNames[static_cast<std::size_t>(result)];
}

/// What a look-up of a backend's host name came to.
enum class LookUpResult : unsigned char { ok, failed, count_ };
inline constexpr std::size_t kLookUpResults = static_cast<std::size_t>(LookUpResult::count_);
constexpr std::string_view to_string(LookUpResult result) noexcept {
  constexpr std::string_view kNames[] = {"ok", "failed"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kLookUpResults);
  return kNames[static_cast<std::size_t>(result)];
}

/// Why the admin endpoint turned somebody away.
enum class AdminRefusal : unsigned char {
  unauthorized,  // a change without the token
  cross_origin,  // a change by a page of another origin
  unknown_host,  // a Host that the endpoint is not called by
  connections,   // as many are open as may
  descriptors,   // a client that could not be accepted
  count_
};
inline constexpr std::size_t kAdminRefusals = static_cast<std::size_t>(AdminRefusal::count_);
constexpr std::string_view to_string(AdminRefusal reason) noexcept {
  constexpr std::string_view kNames[] = {"unauthorized", "cross_origin", "unknown_host",
                                         "connections", "descriptors"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kAdminRefusals);
  return kNames[static_cast<std::size_t>(reason)];
}

struct ControlCounters {
  std::array<Counter, kReloadResults> reloads;        // main thread
  std::atomic<double> config_loaded_seconds{0};       // main thread; since the epoch
  std::array<Counter, kLookUpResults> name_lookups;   // main thread
  std::array<Counter, kAdminRefusals> admin_refused;  // admin thread

  void reloaded(ReloadResult result) noexcept { reloads[static_cast<std::size_t>(result)].add(); }
  void name_looked_up(LookUpResult result) noexcept {
    name_lookups[static_cast<std::size_t>(result)].add();
  }
  void refused(AdminRefusal reason) noexcept {
    admin_refused[static_cast<std::size_t>(reason)].add();
  }
};

}  // namespace pinion::metrics
