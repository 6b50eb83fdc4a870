// A POSIX signal as an event of the loop.
//
// Threads: the loop's; one thread of the process watches signals.
// Lifetime: the handler outlives it.
#pragma once

#include "uv/handle.h"
#include "uv/loop.h"

namespace pinion::uv {

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
