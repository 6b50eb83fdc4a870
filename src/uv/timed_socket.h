// A small conversation with a backend whose times are taken by the kernel: how long after a write
// the first bytes came in, no matter when this process got around to reading them.
//
// Threads: the loop's.
// Lifetime: owns its socket. It may be closed or destroyed inside any of its callbacks; none comes
//   after that. The events outlive it.
// Invariants: what is sent fits the socket's buffer, so nothing is ever queued.
#pragma once

#include <memory>
#include <string_view>

#include "base/clock.h"
#include "base/socket_address.h"
#include "uv/poll_fd.h"

namespace pinion::uv {

class TimedSocket final : private PollFd::Handler {
 public:
  struct Arrival {
    Duration after{};        // from the last send() until the bytes were here
    bool by_kernel = false;  // false: until this process read them, which may be later
  };
  class Events {
   public:
    /// The outcome of connect(): 0 or a libuv error.
    virtual void on_connected(int status) noexcept = 0;
    /// Bytes in the loop's scratch buffer, good until this returns.
    virtual void on_bytes(std::string_view bytes, Arrival arrival) noexcept = 0;
    /// No more bytes will come: 0 for a FIN, else a libuv error.
    virtual void on_end(int status) noexcept = 0;

   protected:
    ~Events() = default;
  };

  TimedSocket(Loop& loop, Events& events) noexcept : loop_(loop), events_(events) {}
  TimedSocket(const TimedSocket&) = delete;
  TimedSocket& operator=(const TimedSocket&) = delete;

  /// Starts to connect; events follow, never from inside. @returns 0, or a libuv error at once
  int connect(const SocketAddress& to);
  /// Writes all of it, and takes the time. @returns 0 or a libuv error, EAGAIN if it does not fit
  int send(std::string_view bytes) noexcept;
  void close() noexcept { poll_.reset(); }
  [[nodiscard]] bool open() const noexcept { return poll_ != nullptr; }

 private:
  void on_ready(int events) noexcept override;
  void finish_connect() noexcept;
  void read() noexcept;

  Loop& loop_;
  Events& events_;
  std::unique_ptr<PollFd> poll_;
  bool connecting_ = false;
  TimePoint sent_at_{};
  Duration sent_wall_{};  // the same by the clock of the kernel's timestamps
};

}  // namespace pinion::uv
