// A TCP client that says exactly what it is told, for requests that no real client would send.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <string_view>

namespace pinion::admin {

class RawSocket {
 public:
  explicit RawSocket(std::uint16_t port, int receive_buffer = 0)
      : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    if (receive_buffer > 0) {
      ::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<const sockaddr*>(&to), sizeof(to)) == 0;
  }
  ~RawSocket() { ::close(fd_); }
  RawSocket(const RawSocket&) = delete;
  RawSocket& operator=(const RawSocket&) = delete;

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view bytes) const {
    while (!bytes.empty()) {
      const ssize_t count = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (count <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(count));
    }
    return true;
  }
  /// Up to `most` bytes as they come; empty at the end, on a reset, or after the deadline.
  std::string receive(std::size_t most = 65536) {
    pollfd waiting{fd_, POLLIN, 0};
    if (::poll(&waiting, 1, 10'000) <= 0) {
      timed_out_ = true;
      return {};
    }
    std::string bytes(most, '\0');
    const ssize_t count = ::recv(fd_, bytes.data(), bytes.size(), 0);
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  /// Everything until the peer closes.
  std::string receive_all() {
    std::string all;
    for (std::string piece = receive(); !piece.empty(); piece = receive()) all += piece;
    return all;
  }
  /// Waits without reading until the peer has closed or reset; false after the deadline.
  [[nodiscard]] bool wait_for_close() const {
    pollfd waiting{fd_, POLLRDHUP, 0};
    return ::poll(&waiting, 1, 10'000) > 0;
  }
  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool timed_out() const { return timed_out_; }

  static std::string exchange(std::uint16_t port, std::string_view request) {
    RawSocket socket{port};
    socket.send(request);
    return socket.receive_all();
  }

 private:
  int fd_;
  bool connected_ = false;
  bool timed_out_ = false;
};

}  // namespace pinion::admin
