// A listening socket on a loop.
//
// Threads: the loop's.
// Lifetime: made from a bound descriptor (of this process, or handed over by another); closes it
//   when it dies. The handler outlives it, and may destroy it in what it is told.
// Invariants: it takes few connections in a turn while few come, so that those that are there are
//   served first, and more each turn while they keep coming. While the system lacks what it takes
//   to accept one or to turn it away, it rests for kPause at a time: who waits would wake the loop
//   all the time.
#pragma once

#include <memory>

#include "base/chunk_queue.h"
#include "base/clock.h"
#include "uv/listen_socket.h"
#include "uv/stream.h"

namespace pinion::uv {

class Listener {
 public:
  static constexpr Duration kPause = std::chrono::milliseconds{100};

  class Handler {
   public:
    /// @param peer its address; a unix socket's is empty
    virtual void on_accept(Stream stream, const SocketAddress& peer) noexcept = 0;
    /// The system lacks descriptors or memory to accept a client.
    /// @param status a libuv error @param turned_away it was closed; else it waits
    virtual void on_accept_failed(int status, bool turned_away) noexcept {
      (void)status, (void)turned_away;
    }

   protected:
    ~Handler() = default;
  };

  Listener(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket, Handler& handler);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  /// Accepts those who wait already, as the kernel would reset them once this is closed.
  void take_all() noexcept;

 private:
  struct Cell;
  struct Release {
    void operator()(Cell* cell) const noexcept;
  };
  std::unique_ptr<Cell, Release> cell_;
};

}  // namespace pinion::uv
