// Whether a peer still takes what waits for it: progress is what its kernel has acknowledged. (A
// socket takes bytes in steps of a third of its buffer, which a slow line may need minutes for.)
//
// Threads: the worker's.
// Lifetime: beside the stream, only while bytes wait for it. The stream and the owner outlive it;
//   the owner may destroy it inside any of the calls to it.
// Invariants: on_slow_consumer is called at most once, when there was no progress for
// longest_stall(), and
//   at most a quarter of that (or a second) later.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/timer_wheel.h"
#include "uv/stream.h"

namespace pinion::proxy {

class StallWatch final : private WheelTimer {
 public:
  class Owner {
   public:
    /// Bytes wait; asked about every second.
    virtual void on_waiting() noexcept = 0;
    virtual void on_slow_consumer() noexcept = 0;
    /// The longest stall that is allowed now, which a reload may change; 0: as long as it likes.
    [[nodiscard]] virtual Duration longest_stall() const noexcept = 0;

   protected:
    ~Owner() = default;
  };

  StallWatch(TimerWheel& wheel, const uv::Stream& stream, TimePoint now, Owner& owner) noexcept;

  /// There was no progress for some time.
  [[nodiscard]] bool stalled() const noexcept { return stalled_; }
  /// How long there has been none, which is looked at now: at least that long, and at most a second
  /// longer.
  [[nodiscard]] Duration standstill(TimePoint now) noexcept;

 private:
  void on_timer(TimePoint now) noexcept override;

  TimerWheel& wheel_;
  const uv::Stream& stream_;
  Owner& owner_;
  TimePoint since_;         // of the last progress
  std::uint64_t position_;  // then
  bool stalled_ = false;
};

/// What it costs to keep bytes for a client, in bytes: each counts once, and once more for each
/// second in which the client took none. So who reads nothing weighs more than who gets much and
/// reads it.
/// @param watch null: it was found to be taking them
[[nodiscard]] double burden_of(std::size_t bytes, StallWatch* watch, TimePoint now) noexcept;

}  // namespace pinion::proxy
