// Holds a client back that sends more than [pool.event_rate] on its WebSocket: it is not read for a
// while, nothing of it is dropped.
//
// Threads: the worker's.
// Lifetime: beside its tunnel, of a pool that has a limit. The wheel and the owner outlive it.
// Invariants: while it is shut the client is not read.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/event_meter.h"
#include "base/timer_wheel.h"

namespace pinion::proxy {

class EventGate final : private WheelTimer {
 public:
  class Owner {
   public:
    /// What was too much has been made up for.
    virtual void on_gate_open() noexcept = 0;

   protected:
    ~Owner() = default;
  };

  EventGate(TimerWheel& wheel, const EventRate& rate, Owner& owner) noexcept
      : wheel_(wheel), owner_(owner), rate_(rate) {}

  /// What was read of the client. @returns whether it must not be read until on_gate_open()
  bool take(std::uint64_t frames, std::uint64_t bytes, TimePoint now) noexcept;
  [[nodiscard]] const EventRate& rate() const noexcept { return rate_; }
  [[nodiscard]] bool shut() const noexcept { return armed(); }
  /// Bytes that may be read at once, so that a single reading does not take much more than there
  /// is. @param paid of the frame under way, which counts already, its bytes that are still to come
  [[nodiscard]] std::size_t read_room(std::uint64_t paid, TimePoint now) const noexcept;

 private:
  void on_timer(TimePoint now) noexcept override;

  TimerWheel& wheel_;
  Owner& owner_;
  EventRate rate_;
  EventMeter meter_;
};

}  // namespace pinion::proxy
