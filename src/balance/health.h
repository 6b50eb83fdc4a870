// Whether a backend can be reached, from passive evidence: connects that failed or came through;
// and whether it answers, since a process that hangs, or a forwarder before one that is gone, is
// connected to as well.
//
// Threads: any; each call is a few atomic operations.
// Lifetime: part of its Backend.
// Invariants: down after one failed connect, up after one that came through; between the two it is
//   tried again after kFirstRetry, then twice as long each time, up to kLongestRetry. Silent after
//   a handshake that was not answered, until anything is.
#pragma once

#include <atomic>
#include <cstdint>

#include "base/clock.h"

namespace pinion::balance {

class Health {
 public:
  static constexpr Duration kFirstRetry = std::chrono::milliseconds{250};
  static constexpr Duration kLongestRetry = std::chrono::seconds{5};

  [[nodiscard]] bool up() const noexcept { return failures_.load(std::memory_order_relaxed) == 0; }
  /// @returns true if it was up until now
  bool connect_failed(TimePoint now) noexcept;
  /// @returns true if it was down until now
  bool connected() noexcept;
  /// @returns true the first time that nobody listened there since it was last connected to
  bool first_refusal() noexcept { return !refused_.exchange(true, std::memory_order_relaxed); }
  /// When a backend that is down is to be tried again.
  [[nodiscard]] TimePoint retry_at() const noexcept;

  /// Connected to, but the last handshake had no answer, nor did anything since.
  [[nodiscard]] bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }
  /// @returns true if it was thought to answer until now
  bool fell_silent() noexcept { return !silent_.exchange(true, std::memory_order_relaxed); }
  /// @returns true if it was silent until now
  bool answered() noexcept {
    return silent() && silent_.exchange(false, std::memory_order_relaxed);
  }

  /// Something looked wrong (a session broke off): it is worth a look before anybody asks.
  void suspect() noexcept { suspected_.store(true, std::memory_order_relaxed); }
  /// Takes the suspicion away. @returns whether there was one
  bool take_suspicion() noexcept { return suspected_.exchange(false, std::memory_order_relaxed); }

 private:
  std::atomic<std::uint32_t> failures_{0};  // in a row
  std::atomic<std::int64_t> retry_at_ns_{0};
  std::atomic<bool> suspected_{false};
  std::atomic<bool> refused_{false};
  std::atomic<bool> silent_{false};
};

}  // namespace pinion::balance
