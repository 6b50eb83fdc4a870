// One end of a real connection, on which a test says exactly what it wants, byte by byte.
//
// Threads: the test's; calls block, each with a deadline that only a hung test meets.
// Lifetime: closes its socket when it dies.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/socket_address.h"
#include "uv/listen_socket.h"

namespace pinion::proxy::test {

enum class End : unsigned char { open, fin, reset };

class Peer {
 public:
  explicit Peer(uv::OwnedFd fd);
  /// @param receive_buffer bytes; 0 for the kernel's choice
  static Peer connect_to(const SocketAddress& address, int receive_buffer = 0);

  void send(std::string_view bytes) const;
  /// Sends again and again until the socket takes no more. @returns how much it took
  [[nodiscard]] std::size_t send_what_fits(std::string_view piece, std::size_t most) const;
  /// Sends a piece every 50 ms for so long, as a slow line does. @returns how many bytes
  [[nodiscard]] std::size_t send_slowly(std::string_view piece, Duration time) const;
  /// Reads up to and with `text`, and leaves what follows.
  std::string read_until(std::string_view text);
  std::string read(std::size_t size);
  /// Reads `little` bytes every few milliseconds for so long, as a slow line does. @returns how
  /// many
  std::size_t read_slowly(std::size_t little, Duration time);
  /// Everything up to the end, which end() then tells.
  std::string read_to_end();
  [[nodiscard]] End end() const noexcept { return end_; }
  /// What has come already, without waiting.
  std::string take();

  void finish() const;  // FIN; reading goes on
  void reset();
  void close() { fd_ = uv::OwnedFd{}; }

 private:
  bool receive();

  uv::OwnedFd fd_;
  std::string buffer_;
  End end_ = End::open;
};

/// A backend that does what the test says.
class Backend {
 public:
  /// @param receive_buffer of each connection, bytes; 0 for the kernel's choice
  explicit Backend(int receive_buffer = 0);

  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }
  [[nodiscard]] Peer accept() const;
  /// Nobody has connected whom accept() has not returned.
  [[nodiscard]] bool nobody_waits() const;
  /// From now on connects hang, since its backlog is full. @returns who fills it
  [[nodiscard]] Peer fill_backlog() const;
  /// From now on connects are refused.
  void stop() { listener_ = uv::OwnedFd{}; }

 private:
  SocketAddress address_;
  uv::OwnedFd listener_;
};

/// An address that refuses: nobody listens on it.
SocketAddress refusing_address();

}  // namespace pinion::proxy::test
