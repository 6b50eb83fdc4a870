// Readiness by epoll, and a non-blocking connection that keeps what its socket refused.
//
// Threads: one. Lifetime: the Poller outlives its Channels; the `who` of a Channel stays where it
// is. Invariants: a Channel is watched for reading unless paused, and for writing while bytes wait
// or somebody asked for it.
#pragma once

#include <sys/epoll.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

#include "socket.h"

namespace pinion::bench {

using Clock = std::chrono::steady_clock;

class Poller {
 public:
  Poller();

  void add(int descriptor, void* who, std::uint32_t events) noexcept;
  void change(int descriptor, void* who, std::uint32_t events) noexcept;
  /// What is ready now or within `limit`; each descriptor at most once.
  std::span<const epoll_event> wait(Clock::duration limit) noexcept;
  /// What is ready, as soon as anything is.
  std::span<const epoll_event> wait() noexcept;

 private:
  std::span<const epoll_event> wait_for(const timespec* limit) noexcept;

  Socket epoll_;
  std::array<epoll_event, 256> ready_{};
};

class Channel {
 public:
  Channel() = default;
  Channel(Poller& poller, Socket socket, void* who);

  explicit operator bool() const noexcept { return static_cast<bool>(socket_); }
  void close() noexcept;

  enum class Got { kBytes, kNothing, kEnd };
  struct Read {
    Got got;
    std::string_view bytes;
  };
  /// One read into `room`. Errors read as the end.
  Read read(std::span<char> room) noexcept;
  /// Writes at once what the socket takes, in order, and keeps the rest. @returns false: broken
  bool write(std::string_view bytes);
  /// Writes what the socket takes and keeps nothing. @returns how much, 0 when it is full or broken
  std::size_t write_some(std::string_view bytes) noexcept;
  /// Writes what waits. @returns false: broken
  bool flush();
  [[nodiscard]] bool waiting() const noexcept { return sent_ < waiting_.size(); }

  void pause_reading(bool pause) noexcept;
  /// Segments with data that have come.
  [[nodiscard]] std::uint64_t segments() const;
  /// Asks for wake-ups whenever the socket takes more.
  void watch_writing(bool watch) noexcept;

 private:
  void update() noexcept;

  Poller* poller_ = nullptr;
  void* who_ = nullptr;
  Socket socket_;
  std::string waiting_;
  std::size_t sent_ = 0;
  std::uint32_t watched_ = 0;
  bool paused_ = false, want_write_ = false;
};

}  // namespace pinion::bench
