// Opens when something has been done so many times; one thread or more wait for that, but not
// longer than they like. (std::latch waits without end.)
//
// Threads: any.
// Lifetime: who counts down may be late: it shares the latch with who waits, or outlives it.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <mutex>

#include "base/clock.h"

namespace pinion {

class Latch {
 public:
  explicit Latch(std::size_t count) noexcept : count_(count) {}

  /// Not more often than it was to be done.
  void count_down() {
    const std::lock_guard lock(mutex_);
    if (--count_ == 0) opened_.notify_all();
  }
  /// @returns whether it is open by now
  bool wait_for(Duration most) {
    std::unique_lock lock(mutex_);
    return opened_.wait_for(lock, most, [this] { return count_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable opened_;
  std::size_t count_;  // guarded by mutex_
};

}  // namespace pinion
