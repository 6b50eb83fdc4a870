// A descriptor of our own that the loop watches, for what libuv has no handle for: sockets with
// kernel timestamps, timers finer than a millisecond.
//
// Threads: the loop's.
// Lifetime: owns the descriptor and closes it. It may die inside its own callback; none comes after
//   that. The handler is not owned and outlives it.
#pragma once

#include "uv/handle.h"
#include "uv/listen_socket.h"
#include "uv/loop.h"

namespace pinion::uv {

class PollFd {
 public:
  class Handler {
   public:
    /// @param events of UV_READABLE and UV_WRITABLE
    virtual void on_ready(int events) noexcept = 0;

   protected:
    ~Handler() = default;
  };

  PollFd(Loop& loop, OwnedFd fd, Handler& handler);

  /// Watches for these events from now on, 0: for none. An error of the socket counts as readable.
  void watch(int events) noexcept;
  [[nodiscard]] int descriptor() const noexcept { return fd_.get(); }

 private:
  OwnedFd fd_;  // closed after the handle, which has stopped watching it by then
  HandlePtr<uv_poll_t> handle_;
};

}  // namespace pinion::uv
