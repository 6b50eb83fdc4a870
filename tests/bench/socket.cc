#include "socket.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <iostream>

namespace pinion::bench {
namespace {

constexpr int kBacklog = 4096;

sockaddr_in loopback(std::uint32_t address, std::uint16_t port) {
  sockaddr_in out{};
  out.sin_family = AF_INET;
  out.sin_port = htons(port);
  out.sin_addr.s_addr = htonl(address);
  return out;
}

Socket make_socket() {
  Socket made{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  if (!made) fail("socket");
  return made;
}

void set(const Socket& socket, int level, int option) {
  const int on = 1;
  if (::setsockopt(socket.descriptor(), level, option, &on, sizeof on) != 0) fail("setsockopt");
}

}  // namespace

void fail(std::string_view what) {
  const int reason = errno;
  std::cerr << what;
  if (reason != 0) std::cerr << ": " << std::strerror(reason);
  std::cerr << std::endl;
  std::_Exit(1);
}

Socket& Socket::operator=(Socket&& other) noexcept {
  if (this != &other) {
    close();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

void Socket::close() noexcept {
  if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
}

Socket listen_on(std::uint16_t port) {
  Socket out = make_socket();
  set(out, SOL_SOCKET, SO_REUSEADDR);
  const sockaddr_in at = loopback(INADDR_LOOPBACK, port);
  if (::bind(out.descriptor(), std::bit_cast<const sockaddr*>(&at), sizeof at) != 0) fail("bind");
  if (::listen(out.descriptor(), kBacklog) != 0) fail("listen");
  return out;
}

std::uint16_t port_of(const Socket& socket) {
  sockaddr_in at{};
  socklen_t length = sizeof at;
  if (::getsockname(socket.descriptor(), reinterpret_cast<sockaddr*>(&at), &length) != 0) {
    fail("getsockname");
  }
  return ntohs(at.sin_port);
}

Accepted accept_from(const Socket& listener) {
  sockaddr_in from{};
  socklen_t length = sizeof from;
  Accepted out{Socket{::accept4(listener.descriptor(), reinterpret_cast<sockaddr*>(&from), &length,
                                SOCK_NONBLOCK | SOCK_CLOEXEC)},
               ntohl(from.sin_addr.s_addr)};
  if (out.socket) {
    set(out.socket, IPPROTO_TCP, TCP_NODELAY);
  } else if (errno == EMFILE || errno == ENFILE) {
    fail("accept");
  }
  return out;
}

Socket connect_to(std::uint16_t port, std::uint32_t source) {
  Socket out = make_socket();
  set(out, IPPROTO_TCP, TCP_NODELAY);
  if (source != 0) {
    // The port is chosen at connect, when the whole tuple is known: more of them can be had.
    set(out, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT);
    const sockaddr_in from = loopback(source, 0);
    if (::bind(out.descriptor(), std::bit_cast<const sockaddr*>(&from), sizeof from) != 0) {
      fail("bind to a source address");
    }
  }
  const sockaddr_in to = loopback(INADDR_LOOPBACK, port);
  if (::connect(out.descriptor(), std::bit_cast<const sockaddr*>(&to), sizeof to) != 0 &&
      errno != EINPROGRESS) {
    fail("connect");
  }
  return out;
}

std::uint32_t source_of(std::size_t client) noexcept {
  constexpr std::uint32_t kNetwork = 127U << 24U;
  constexpr std::size_t kHosts = 250;  // in the last octet, from 1
  const auto third = static_cast<std::uint32_t>(client / kHosts % kHosts) + 1;
  return kNetwork | 16U << 16U | third << 8U | (static_cast<std::uint32_t>(client % kHosts) + 1);
}

}  // namespace pinion::bench
