// One event loop and the scratch buffer that all its streams read into.
//
// A turn waits for sockets on the Poller's epoll, in which libuv's own descriptor is one of many:
// libuv runs when it has something to do (timers, mailboxes, names, signals), so that what comes
// and goes on sockets costs no more than the system calls that it takes. It runs behind the sockets
// of its turn, so that no timer fires before bytes that have come in time.
//
// Threads: made, run and destroyed on one thread; stop() too. Others reach it by a Mailbox.
// Lifetime: outlives every handle and socket on it. The destructor closes nothing: owners close
//   theirs, then it runs libuv's loop dry and asserts that nothing was left.
// Invariants: the scratch buffer is lent for the duration of one read callback and never kept.
#pragma once

#include <uv.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "base/clock.h"
#include "uv/poller.h"

namespace pinion::uv {

inline constexpr std::size_t kScratchBytes = std::size_t{64} * 1024;

class Loop {
 public:
  /// Called once a turn, after its events, for work that must not happen inside a callback.
  class AfterTurn {
   public:
    /// @returns whether there is more to do at once: the next turn does not wait then
    virtual bool after_turn() noexcept = 0;

   protected:
    ~AfterTurn() = default;
  };
  enum class Wait : unsigned char {
    for_events,  // at most until the next timer is due
    none,
  };

  Loop();
  ~Loop();
  Loop(const Loop&) = delete;
  Loop& operator=(const Loop&) = delete;

  /// Runs until stop(), or until there is no active handle and no socket.
  void run() noexcept;
  /// One turn.
  void run_once(Wait wait = Wait::for_events) noexcept;
  void stop() noexcept { stopping_ = true; }
  /// The time at which this turn began: it stands still within a turn, but for what is libuv's.
  [[nodiscard]] TimePoint now() const noexcept;
  /// When the sockets of this turn were last asked for.
  [[nodiscard]] TimePoint turn_began() const noexcept { return began_; }
  /// The time at this very moment, for what is to be measured within a turn.
  [[nodiscard]] static TimePoint precise_now() noexcept;
  /// Reads the clock again, after something that took long.
  void update_now() noexcept { uv_update_time(&loop_); }

  /// @param hook null for none; outlives the loop or is taken away before
  void set_after_turn(AfterTurn* hook) noexcept { after_turn_ = hook; }
  /// Counts the turns, so that a source can be held to a share of each.
  [[nodiscard]] std::uint32_t turn() const noexcept { return turn_; }

  [[nodiscard]] Poller& poller() noexcept { return poller_; }
  [[nodiscard]] uv_loop_t* raw() noexcept { return &loop_; }
  [[nodiscard]] char* scratch() noexcept { return scratch_->data(); }

 private:
  // Turns for which libuv waits for the sockets, at most.
  static constexpr std::size_t kLongestHold = 32;

  [[nodiscard]] int timeout() const noexcept;
  bool sockets_were_heard() noexcept;

  uv_loop_t loop_{};
  Poller poller_;
  AfterTurn* after_turn_ = nullptr;
  std::uint32_t turn_ = 0;
  std::size_t held_back_ = 0;  // turns in which libuv did not run, though it was due
  TimePoint began_{};
  bool stopping_ = false;
  bool more_to_do_ = false;
  bool due_ = false;  // libuv has something to do
  std::unique_ptr<std::array<char, kScratchBytes>> scratch_;
};

/// libuv's words for an error code, good until this thread asks again.
const char* describe(int status) noexcept;

}  // namespace pinion::uv
