// Requests of one worker that wait until their session's CONNECT has been read, since it may tell
// that they belong to another backend.
//
// Threads: the worker's.
// Lifetime: a waiter leaves before it dies.
// Invariants: bounded by the worker's connections: each has at most one request that waits.
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>

namespace pinion::proxy {

class JoinWaiter {
 public:
  /// The session has joined, or is not waited for any longer.
  virtual void on_joined() noexcept = 0;

 protected:
  ~JoinWaiter() = default;
};

class JoinDesk {
 public:
  void wait(std::uint64_t serial, JoinWaiter& waiter) { waiters_.emplace(serial, &waiter); }
  /// Does nothing for one that does not wait.
  void leave(std::uint64_t serial, const JoinWaiter& waiter) noexcept;
  /// Tells all who wait for this session; each has left before it is told.
  void joined(std::uint64_t serial) noexcept;
  /// How many wait for this session here.
  [[nodiscard]] std::size_t waiting(std::uint64_t serial) const { return waiters_.count(serial); }

 private:
  std::unordered_multimap<std::uint64_t, JoinWaiter*> waiters_;
};

}  // namespace pinion::proxy
