// One event loop and the scratch buffer that all its streams read into.
//
// Threads: made, run and destroyed on one thread; stop() too. Others reach it by a Mailbox.
// Lifetime: outlives every handle on it. The destructor closes nothing: owners close their handles,
//   then it runs the loop dry and asserts that nothing was left.
// Invariants: the scratch buffer is lent for the duration of one read callback and never kept.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"

namespace pinion::uv {

inline constexpr std::size_t kScratchBytes = std::size_t{64} * 1024;

class Loop {
 public:
  /// Called once a turn, after its events, for work that must not happen inside a callback.
  class AfterTurn {
   public:
    virtual void after_turn() noexcept = 0;

   protected:
    ~AfterTurn() = default;
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop() or until no handle is active.
  void run() noexcept;
  void stop() noexcept { uv_stop(&loop_); }
  /// The time at which this turn began: it stands still within a turn.
  [[nodiscard]] TimePoint now() const noexcept;
  /// The time at this very moment, for what is to be measured within a turn.
  [[nodiscard]] static TimePoint precise_now() noexcept;
  /// Reads the clock again, after something that took long.
  void update_now() noexcept { uv_update_time(&loop_); }

  /// @param hook null for none; outlives the loop or is taken away before
  void set_after_turn(AfterTurn* hook) noexcept { after_turn_ = hook; }
  /// Counts the turns, so that a source can be held to a share of each.
  [[nodiscard]] std::uint32_t turn() const noexcept { return turn_; }

  [[nodiscard]] uv_loop_t* raw() noexcept { return &loop_; }
  [[nodiscard]] char* scratch() noexcept { return scratch_->data(); }
  static Loop& of(const uv_handle_t* handle) noexcept {
    return *static_cast<Loop*>(handle->loop->data);
  }

 private:
  uv_loop_t loop_{};
  uv_check_t check_{};
  AfterTurn* after_turn_ = nullptr;
  std::uint32_t turn_ = 0;
  std::unique_ptr<std::array<char, kScratchBytes>> scratch_;
};

/// libuv's words for an error code, good until this thread asks again.
const char* describe(int status) noexcept;

}  // namespace pinion::uv
