// Orders of the admin endpoint that the main thread carries out, while whoever gave them waits, so
// that the answer tells what has come of them.
//
// Threads: do_now() from any but the main thread, over() on that one.
// Lifetime: the composition root's; the mailbox outlives it.
#pragma once

#include <atomic>
#include <functional>

#include "base/clock.h"
#include "uv/mailbox.h"

namespace pinion {

class OnMain {
 public:
  /// That somebody waits, at most.
  static constexpr Duration kPatience = std::chrono::seconds{4};

  enum class Outcome : unsigned char {
    done,
    under_way,  // it will be done, unless the process ends
    never,      // the main thread has ended
  };

  explicit OnMain(uv::Mailbox& mailbox) noexcept : mailbox_(mailbox) {}

  /// Has the main thread do it, and waits for that.
  Outcome do_now(std::function<void()> task);
  /// The main thread does nothing any more; nobody is to wait for it.
  void over() noexcept { over_ = true; }

 private:
  uv::Mailbox& mailbox_;
  std::atomic<bool> over_{false};
};

}  // namespace pinion
