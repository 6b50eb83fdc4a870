// The endpoint's listening socket.
//
// Threads: the thread that starts the endpoint.
// Lifetime: the socket is closed, and a unix socket's file removed, with the object.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "admin/address.h"

namespace pinion::admin {

class ListenSocket {
 public:
  /// Listens on the first of the address's addresses; port 0 lets the kernel choose. A unix socket
  /// is for its owner and group (mode 0660); a stale file that nobody answers on is replaced.
  /// @returns the error as one line: which address, what is wrong, what to do
  static std::expected<ListenSocket, std::string> open(std::string_view address);
  ~ListenSocket();
  ListenSocket(ListenSocket&& other) noexcept;
  ListenSocket& operator=(ListenSocket&& other) noexcept;

  [[nodiscard]] int fd() const noexcept { return fd_; }
  /// The port in use; 0 for a unix socket.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// The configured host, without brackets; empty for a unix socket.
  [[nodiscard]] const std::string& host() const noexcept { return address_.host; }

 private:
  ListenSocket(int fd, Address address) noexcept;
  int fd_;
  Address address_;
};

}  // namespace pinion::admin
