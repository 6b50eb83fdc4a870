// Looks at backends that nobody has reached: tries a TCP connect to those that are down, when their
// backoff is over, and to those under suspicion, at once. One that does not answer is asked
// something that makes no session, until it answers.
//
// Threads: the main thread's loop.
// Lifetime: the events and the backends outlive it.
// Invariants: at most one attempt a backend at a time, and kMaxAttempts in all.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "balance/backend_set.h"
#include "base/chunk_queue.h"
#include "uv/loop.h"
#include "uv/timer.h"

namespace pinion::health {

class ProbeEvents {
 public:
  virtual void on_backend_reached(balance::Backend& backend) noexcept = 0;
  virtual void on_backend_answered(balance::Backend& backend) noexcept = 0;
  /// @param status a libuv error
  virtual void on_backend_missed(balance::Backend& backend, int status) noexcept = 0;

 protected:
  ~ProbeEvents() = default;
};

class Prober final : private uv::Timer::Handler {
 public:
  static constexpr std::size_t kMaxAttempts = 256;
  static constexpr Duration kAskEvery = std::chrono::seconds{1};

  Prober(uv::Loop& loop, ProbeEvents& events, Duration connect_timeout);
  ~Prober();
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  /// Which backends to look after; those that are new are tried at once.
  void watch(const balance::BackendSets& sets);

 private:
  class Attempt;

  void on_tick() noexcept override;
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void look_at(balance::Backend& backend);

  uv::Loop& loop_;
  ProbeEvents& events_;
  Duration connect_timeout_;
  BufferBudget no_budget_{0};
  ChunkPool chunks_{no_budget_, 0};
  uv::Timer ticker_;
  std::vector<balance::Backend*> watched_;
  std::unordered_map<BackendId, std::unique_ptr<Attempt>> attempts_;
  std::unordered_map<BackendId, TimePoint> ask_at_;  // of those that are silent
};

}  // namespace pinion::health
