#include "peer.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace pinion::proxy::test {
namespace {

constexpr int kDeadlineMs = 20'000;

void wait_for(int fd, short events) {
  pollfd waiting{.fd = fd, .events = events, .revents = 0};
  REQUIRE_MESSAGE(::poll(&waiting, 1, kDeadlineMs) == 1, "nothing came before the deadline");
}

}  // namespace

Peer::Peer(uv::OwnedFd fd) : fd_(std::move(fd)) {
  REQUIRE(fd_.get() >= 0);
  REQUIRE(::fcntl(fd_.get(), F_SETFL, O_NONBLOCK) == 0);
}

Peer Peer::connect_to(const SocketAddress& address, int receive_buffer) {
  uv::OwnedFd fd{::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  REQUIRE(fd.get() >= 0);
  if (receive_buffer > 0) {
    setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer, sizeof(receive_buffer));
  }
  REQUIRE(::connect(fd.get(), address.raw(), address.raw_size()) == 0);
  return Peer(std::move(fd));
}

void Peer::send(std::string_view bytes) const {
  while (!bytes.empty()) {
    wait_for(fd_.get(), POLLOUT);
    const ssize_t count = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    REQUIRE(count > 0);
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::size_t Peer::send_what_fits(std::string_view piece, std::size_t most) const {
  std::size_t sent = 0;
  pollfd writable{.fd = fd_.get(), .events = POLLOUT, .revents = 0};
  // A while without room means that the other side has stopped reading.
  while (sent < most && ::poll(&writable, 1, 300) == 1) {
    const std::string_view rest = piece.substr(sent % piece.size());
    const ssize_t count = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0 && errno != EAGAIN) break;
    if (count > 0) sent += static_cast<std::size_t>(count);
  }
  return sent;
}

bool Peer::receive() {
  if (end_ != End::open) return false;
  wait_for(fd_.get(), POLLIN);
  char bytes[65536];
  const ssize_t count = ::recv(fd_.get(), bytes, sizeof(bytes), 0);
  if (count > 0) {
    buffer_.append(bytes, static_cast<std::size_t>(count));
  } else if (count == 0) {
    end_ = End::fin;
  } else if (errno != EAGAIN) {
    end_ = End::reset;
  }
  return end_ == End::open;
}

std::string Peer::read_until(std::string_view text) {
  std::size_t at = buffer_.find(text);
  while (at == std::string::npos) {
    REQUIRE_MESSAGE(receive(), "the connection ended after: " << buffer_.substr(0, 200));
    at = buffer_.find(text);
  }
  return read(at + text.size());
}

std::string Peer::read(std::size_t size) {
  while (buffer_.size() < size) {
    REQUIRE_MESSAGE(receive(), "the connection ended after: " << buffer_.substr(0, 200));
  }
  std::string result = buffer_.substr(0, size);
  buffer_.erase(0, size);
  return result;
}

std::size_t Peer::read_slowly(std::size_t little, Duration time) {
  const TimePoint until = monotonic_now() + time;
  std::size_t got = 0;
  for (; monotonic_now() < until; got += little) {
    read(little);
    ::poll(nullptr, 0, 5);
  }
  return got;
}

std::string Peer::read_to_end() {
  while (receive()) {
  }
  return std::exchange(buffer_, {});
}

std::size_t Peer::send_slowly(std::string_view piece, Duration time) const {
  const TimePoint until = monotonic_now() + time;
  std::size_t sent = 0;
  for (; monotonic_now() < until; sent += piece.size()) {
    send(piece);
    ::poll(nullptr, 0, 50);
  }
  return sent;
}

std::string Peer::take() {
  pollfd readable{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  while (end_ == End::open && ::poll(&readable, 1, 0) == 1) receive();
  return std::exchange(buffer_, {});
}

void Peer::finish() const { ::shutdown(fd_.get(), SHUT_WR); }

void Peer::reset() {
  const linger at_once{.l_onoff = 1, .l_linger = 0};
  setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  close();
}

Backend::Backend(int receive_buffer) {
  auto bound = uv::bind_sockets(*SocketAddress::from_ip("127.0.0.1", 0), 1);
  REQUIRE(bound);
  if (receive_buffer != 0) {
    ::setsockopt(bound->sockets[0].get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer,
                 sizeof(receive_buffer));
  }
  address_ = bound->address;
  listener_ = std::move(bound->sockets[0]);
}

Peer Backend::accept() const {
  wait_for(listener_.get(), POLLIN);
  return Peer(uv::OwnedFd{::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC)});
}

Peer Backend::fill_backlog() const {
  REQUIRE(::listen(listener_.get(), 0) == 0);
  return Peer::connect_to(address_);
}

bool Backend::nobody_waits() const {
  pollfd waiting{.fd = listener_.get(), .events = POLLIN, .revents = 0};
  return ::poll(&waiting, 1, 0) == 0;
}

SocketAddress refusing_address() {
  const auto bound = uv::bind_sockets(*SocketAddress::from_ip("127.0.0.1", 0), 1);
  REQUIRE(bound);
  return bound->address;
}

}  // namespace pinion::proxy::test
