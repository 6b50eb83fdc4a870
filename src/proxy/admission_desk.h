// A worker's queues of handshakes that wait for a place, one a pool, and the timer that looks for
// places while anybody waits. Places appear on other threads too (a session ends, a backend comes
// up), so they are looked for, not announced.
//
// Threads: the worker's.
// Lifetime: part of its worker; the shared counts outlive it.
#pragma once

#include <deque>

#include "balance/admission_queue.h"
#include "base/ids.h"
#include "uv/timer.h"

namespace pinion::proxy {

class AdmissionDesk final : private uv::Timer::Handler {
 public:
  AdmissionDesk(uv::Loop& loop, balance::SharedAdmissions& shared);

  [[nodiscard]] balance::AdmissionQueue& queue(PoolId pool) noexcept;
  /// As AdmissionQueue::join(); places are looked for from now on.
  bool join(PoolId pool, balance::AdmissionWaiter& waiter, balance::Rank rank, std::size_t limit,
            bool again) noexcept;
  /// Gives turns in all queues now.
  void serve() noexcept;

 private:
  // For the timer, which does not see private bases.
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void on_tick() noexcept override { serve(); }

  uv::Loop& loop_;
  balance::SharedAdmissions& shared_;
  std::deque<balance::AdmissionQueue> queues_;  // as many as were asked for
  uv::Timer timer_;
  bool ticking_ = false;
};

}  // namespace pinion::proxy
