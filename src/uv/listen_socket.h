// Bound sockets, made before any thread starts, so that a taken port is one clear error and not a
// surprise later.
//
// Threads: the main thread.
// Lifetime: an OwnedFd closes its descriptor unless it is released to a Listener.
#pragma once

#include <expected>
#include <string>
#include <utility>
#include <vector>

#include "base/socket_address.h"

namespace pinion::uv {

class OwnedFd {
 public:
  explicit OwnedFd(int fd = -1) noexcept : fd_(fd) {}
  ~OwnedFd();
  OwnedFd(OwnedFd&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  OwnedFd& operator=(OwnedFd&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_;
};

struct BoundSockets {
  SocketAddress address;         // with the real port when 0 was asked for
  std::vector<OwnedFd> sockets;  // one a worker
};

/// Binds `count` sockets to one address: TCP by SO_REUSEPORT, so that the kernel spreads
/// connections over the workers; for a unix socket one socket is shared. A stale unix socket file,
/// which nobody answers on, is removed first.
/// @returns the error in words, for a person: which address, what is wrong, what to do
std::expected<BoundSockets, std::string> bind_sockets(const SocketAddress& address, unsigned count);

}  // namespace pinion::uv
