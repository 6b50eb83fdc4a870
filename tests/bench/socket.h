// Loopback TCP for the benchmark's programs: owned descriptors, all of them non-blocking.
//
// Threads: the owner's. What cannot work at all (no port, no descriptor) ends the program with a
// line on stderr, since a benchmark without its sockets has nothing to say.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

namespace pinion::bench {

/// Writes `what` and the reason in errno to stderr, and ends the program with 1.
[[noreturn]] void fail(std::string_view what);

class Socket {
 public:
  Socket() = default;
  explicit Socket(int descriptor) noexcept : descriptor_(descriptor) {}
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket& operator=(Socket&& other) noexcept;

  [[nodiscard]] int descriptor() const noexcept { return descriptor_; }
  explicit operator bool() const noexcept { return descriptor_ >= 0; }
  void close() noexcept;

 private:
  int descriptor_ = -1;
};

struct Accepted {
  Socket socket;
  std::uint32_t source = 0;  // the peer's IPv4 address in host order
};

/// Listens on 127.0.0.1. @param port 0 takes a free one
Socket listen_on(std::uint16_t port);
[[nodiscard]] std::uint16_t port_of(const Socket& socket);
/// The next connection that waits; an empty socket when there is none.
Accepted accept_from(const Socket& listener);

/// Begins to connect to 127.0.0.1.
/// @param source IPv4 address in host order to connect from; 0 leaves it to the kernel
Socket connect_to(std::uint16_t port, std::uint32_t source);

/// An address of 127.0.0.0/8 for the n-th client, so that proxies can tell clients apart by
/// address.
[[nodiscard]] std::uint32_t source_of(std::size_t client) noexcept;

}  // namespace pinion::bench
