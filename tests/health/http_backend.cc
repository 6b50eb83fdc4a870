#include "http_backend.h"

#include <doctest/doctest.h>
#include <poll.h>
#include <sys/socket.h>

#include <map>
#include <vector>

namespace pinion::health::test {

HttpBackend::HttpBackend(Answer answer, const SocketAddress& at)
    : answer_(std::move(answer)), address_(at) {
  auto bound = uv::bind_sockets(at, 1);
  REQUIRE(bound);
  address_ = bound->address;
  listener_ = std::move(bound->sockets[0]);
  REQUIRE(::listen(listener_.get(), 128) == 0);
  thread_ = std::thread([this] { run(); });
}

HttpBackend::~HttpBackend() {
  ends_ = true;
  thread_.join();
}

std::string HttpBackend::with_status(int status) {
  return "HTTP/1.1 " + std::to_string(status) + " Some\r\nContent-Length: 2\r\n\r\nok";
}

void HttpBackend::run() {
  constexpr int kTickMs = 5;
  struct Connection {
    uv::OwnedFd fd;
    std::string read;
  };
  std::map<int, Connection> open;
  while (!ends_) {
    std::vector<pollfd> polled{{.fd = listener_.get(), .events = POLLIN, .revents = 0}};
    for (const auto& [fd, connection] : open)
      polled.push_back({.fd = fd, .events = POLLIN, .revents = 0});
    if (::poll(polled.data(), polled.size(), kTickMs) <= 0) continue;
    for (const pollfd& ready : polled) {
      if (ready.revents == 0) continue;
      if (ready.fd == listener_.get()) {
        const int fd = ::accept(listener_.get(), nullptr, nullptr);
        if (fd < 0) continue;
        ++connections_;
        open[fd].fd = uv::OwnedFd(fd);
        continue;
      }
      char bytes[4096];
      const ssize_t count = ::recv(ready.fd, bytes, sizeof(bytes), 0);
      std::string& read = open[ready.fd].read;
      if (count > 0) read.append(bytes, static_cast<std::size_t>(count));
      if (count > 0 && !read.ends_with("\r\n\r\n")) continue;
      std::string answer;
      if (count > 0) {
        ++requests_;
        answer = answer_(read);
        read.clear();
      }
      if (answer.empty()) {
        open.erase(ready.fd);
      } else {
        (void)::send(ready.fd, answer.data(), answer.size(), MSG_NOSIGNAL);
      }
    }
  }
}

}  // namespace pinion::health::test
