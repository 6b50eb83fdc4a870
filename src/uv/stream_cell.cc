#include "uv/stream_cell.h"

#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"

namespace pinion::uv {

namespace {

constexpr std::uint32_t kReads = EPOLLIN | EPOLLRDHUP | EPOLLET;
constexpr std::uint32_t kEnds = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
constexpr std::size_t kMostChunks = 16;

// Those of libuv all fit.
std::int16_t error_of(int number) noexcept {
  return static_cast<std::int16_t>(uv_translate_sys_error(number));
}

bool would_block(int error) noexcept { return error == EAGAIN || error == EWOULDBLOCK; }

}  // namespace

Stream::Cell::~Cell() {
  if (open()) ::close(fd);
}

void Stream::Cell::close() noexcept {
  events = nullptr;
  queue.clear();
  ::close(std::exchange(fd, -1));
}

void Stream::Cell::connect(const SocketAddress& to) noexcept {
  connecting = told_room = true;
  const bool begun = ::connect(fd, to.raw(), to.raw_size()) == 0 || errno == EINPROGRESS;
  if (!begun) failed = error_of(errno);
  const int added = loop.poller().add(fd, kReads | EPOLLOUT, *this);
  if (begun) failed = static_cast<std::int16_t>(added);
  if (failed != 0) loop.poller().again(*this);
}

void Stream::Cell::on_ready(std::uint32_t what) noexcept {
  if (!open() || failed != 0) return;
  if (connecting) {
    if ((what & (EPOLLOUT | EPOLLERR | EPOLLHUP)) == 0) return;
    finish_connect((what & (EPOLLERR | EPOLLHUP)) != 0 ? pending_error() : 0);
    if (!open() || failed != 0) return;
  }
  if ((what & (EPOLLIN | kEnds)) != 0) {
    readable = true;
    at_end = at_end || (what & kEnds) != 0;
    broken = broken || (what & EPOLLERR) != 0;
    read();
    if (!open()) return;
  }
  if ((what & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0 && blocked) flush();
}

void Stream::Cell::on_turn() noexcept {
  if (!open()) return;
  if (connecting) return finish_connect(failed);
  if (failed == 0) read();
}

void Stream::Cell::finish_connect(int status) noexcept {
  connecting = false;
  failed = static_cast<std::int16_t>(status);
  if (events != nullptr) events->on_connected(status);
  if (!open() || status != 0) return;
  if (!queue.empty()) return flush();
  end_if_drained();
}

// What the socket itself says is wrong with it, as a libuv error.
int Stream::Cell::pending_error() const noexcept {
  int error = 0;
  socklen_t size = sizeof(error);
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  return error == 0 ? 0 : uv_translate_sys_error(error);
}

std::size_t Stream::Cell::room() noexcept {
  if (turn != loop.turn()) {
    turn = loop.turn();
    read_in_turn = 0;
  }
  if (read_in_turn >= kBytesPerTurn || events == nullptr) return 0;
  return std::min({events->read_room(), kScratchBytes, kBytesPerTurn - read_in_turn});
}

void Stream::Cell::start_reading() noexcept {
  reading = true;
  if (readable) loop.poller().again(*this);
}

void Stream::Cell::read() noexcept {
  while (open() && reading && readable) {
    if (all_read) return tell_end(0);
    const std::size_t most = room();
    if (most == 0) return loop.poller().again(*this);
    const ssize_t count = ::recv(fd, loop.scratch(), most, 0);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0 && would_block(errno)) {
      readable = false;
      return;
    }
    if (count <= 0) return tell_end(count);
    read_in_turn += static_cast<std::uint32_t>(count);
    const bool drained = static_cast<std::size_t>(count) < most;
    // A TCP socket that gives less than it was asked for is empty: epoll(7), Q&A 9. What comes
    // later is told anew.
    if (drained && !at_end && !unix_socket) readable = false;
    all_read = drained && at_end && !broken && !unix_socket;
    events->on_read({loop.scratch(), static_cast<std::size_t>(count)});
    // What was put off to the end of the turn comes before the end.
    if (drained && at_end && open() && reading) return loop.poller().again(*this);
  }
}

void Stream::Cell::tell_end(ssize_t count) noexcept {
  reading = readable = false;
  events->on_end(how_it_ended(count));
}

// A FIN with a reset right behind it reads as a FIN, and so does a reset that sending was told of.
// (EPIPE is a FIN indeed, after which it was we who were reset.)
int Stream::Cell::how_it_ended(ssize_t count) const noexcept {
  if (count < 0) return uv_translate_sys_error(errno);
  const int error = lost == 0 && broken ? pending_error() : lost;
  return error == UV_EPIPE ? 0 : error;
}

ssize_t Stream::Cell::send(std::span<iovec> parts, Follows follows) noexcept {
  const int flags = MSG_NOSIGNAL | (follows == Follows::end ? MSG_MORE : 0);
  ssize_t sent = 0;
  do {
    if (parts.size() == 1) {
      sent = ::send(fd, parts[0].iov_base, parts[0].iov_len, flags);
    } else {
      msghdr message{};
      message.msg_iov = parts.data();
      message.msg_iovlen = parts.size();
      sent = ::sendmsg(fd, &message, flags);
    }
  } while (sent < 0 && errno == EINTR);
  if (sent >= 0) {
    taken += static_cast<std::uint64_t>(sent);
    return sent;
  }
  if (would_block(errno)) return 0;
  lost = error_of(errno);
  return lost;
}

void Stream::Cell::wait_for_room() noexcept {
  blocked = true;
  // Once is enough. Most sockets never refuse anything, and are not woken for it either.
  if (std::exchange(told_room, true)) return;
  loop.poller().change(fd, kReads | EPOLLOUT, *this);
}

void Stream::Cell::flush() noexcept {
  const std::uint64_t before = taken;
  blocked = true;
  while (!queue.empty()) {
    std::array<std::string_view, kMostChunks> chunks{};
    std::array<iovec, kMostChunks> parts{};
    const std::size_t count = queue.front(chunks);
    std::size_t offered = 0;
    for (std::size_t i = 0; i < count; ++i) {
      parts[i] = {.iov_base = const_cast<char*>(chunks[i].data()), .iov_len = chunks[i].size()};
      offered += chunks[i].size();
    }
    const ssize_t sent = send({parts.data(), count});
    if (sent < 0) {
      queue.clear();
      if (events != nullptr) events->on_write_error(static_cast<int>(sent));
      return;
    }
    queue.consume(static_cast<std::size_t>(sent));
    if (static_cast<std::size_t>(sent) < offered) break;
  }
  blocked = !queue.empty();
  end_if_drained();
  if (taken != before && events != nullptr) events->on_drain();
}

void Stream::Cell::end_if_drained() noexcept {
  if (!end_wanted || ended || connecting || !queue.empty()) return;
  ended = true;
  (void)::shutdown(fd, SHUT_WR);
}

}  // namespace pinion::uv
