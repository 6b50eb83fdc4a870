#include "uv/timed_socket.h"

#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <ctime>
#include <optional>

namespace pinion::uv {

namespace {

Duration of_timespec(const timespec& time) noexcept {
  return std::chrono::seconds{time.tv_sec} + Duration{time.tv_nsec};
}

// Kernel timestamps are in wall time.
Duration wall_now() noexcept {
  timespec time{};
  (void)::clock_gettime(CLOCK_REALTIME, &time);
  return of_timespec(time);
}

int last_error() noexcept { return uv_translate_sys_error(errno); }

void enable(int fd, int level, int option) noexcept {
  const int on = 1;
  (void)::setsockopt(fd, level, option, &on, sizeof(on));
}

std::optional<Duration> timestamp_of(msghdr& message) noexcept {
  for (cmsghdr* part = CMSG_FIRSTHDR(&message); part != nullptr;
       part = CMSG_NXTHDR(&message, part)) {
    if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_TIMESTAMPNS) continue;
    timespec time{};
    std::memcpy(&time, CMSG_DATA(part), sizeof(time));
    return of_timespec(time);
  }
  return std::nullopt;
}

}  // namespace

int TimedSocket::connect(const SocketAddress& to) {
  close();
  const int family = to.is_unix() ? AF_UNIX : to.raw()->sa_family;
  OwnedFd fd(::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (fd.get() < 0) return last_error();
  if (!to.is_unix()) {
    enable(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    enable(fd.get(), SOL_SOCKET, SO_TIMESTAMPNS);
  }
  if (::connect(fd.get(), to.raw(), to.raw_size()) != 0 && errno != EINPROGRESS)
    return last_error();
  poll_ = std::make_unique<PollFd>(loop_, std::move(fd), *static_cast<PollFd::Handler*>(this));
  connecting_ = true;
  poll_->watch(UV_WRITABLE);
  return 0;
}

int TimedSocket::send(std::string_view bytes) noexcept {
  sent_at_ = monotonic_now();
  sent_wall_ = wall_now();
  const ssize_t sent = ::send(poll_->descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  if (sent < 0) return last_error();
  return static_cast<std::size_t>(sent) == bytes.size() ? 0 : UV_EAGAIN;
}

void TimedSocket::on_ready(int /*events*/) noexcept {
  if (connecting_) return finish_connect();
  read();
}

void TimedSocket::finish_connect() noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(poll_->descriptor(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  connecting_ = false;
  poll_->watch(error == 0 ? UV_READABLE : 0);
  events_.on_connected(error == 0 ? 0 : uv_translate_sys_error(error));
}

void TimedSocket::read() noexcept {
  iovec bytes{.iov_base = loop_.scratch(), .iov_len = kScratchBytes};
  alignas(cmsghdr) char control[128];
  msghdr message{};
  message.msg_iov = &bytes;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  const ssize_t count = ::recvmsg(poll_->descriptor(), &message, 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) {
    poll_->watch(0);
    return events_.on_end(count == 0 ? 0 : last_error());
  }
  Arrival arrival{.after = monotonic_now() - sent_at_, .by_kernel = false};
  if (const auto stamped = timestamp_of(message)) {
    const Duration by_kernel = *stamped - sent_wall_;
    // Wall time may have been set meanwhile: then it says nothing.
    if (by_kernel >= Duration::zero() && by_kernel <= arrival.after) {
      arrival = {.after = by_kernel, .by_kernel = true};
    }
  }
  events_.on_bytes({loop_.scratch(), static_cast<std::size_t>(count)}, arrival);
}

}  // namespace pinion::uv
