// A POSIX signal as an event of the loop.
//
// Threads: the loop's; one thread of the process watches signals.
// Lifetime: the handler outlives it.
#pragma once

#include <span>

#include "uv/handle.h"
#include "uv/loop.h"

namespace pinion::uv {

/// Signals that come from now on wait until they are released: for as long as nobody watches them.
/// To be called on the main thread, before there are others.
void hold_signals(std::span<const int> numbers) noexcept;
/// The same signals, once they are watched.
void release_signals(std::span<const int> numbers) noexcept;

class Signal {
 public:
  class Handler {
   public:
    virtual void on_signal(int number) noexcept = 0;

   protected:
    ~Handler() = default;
  };

  Signal(Loop& loop, int number, Handler& handler);

 private:
  HandlePtr<uv_signal_t> handle_;
};

}  // namespace pinion::uv
