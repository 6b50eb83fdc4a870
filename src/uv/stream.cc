#include "uv/stream.h"

#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/check.h"
#include "uv/keep_alive.h"
#include "uv/stream_cell.h"

namespace pinion::uv {

namespace {

constexpr Duration kShortTurn = std::chrono::milliseconds{1};

}  // namespace

void Stream::Release::operator()(Cell* cell) const noexcept {
  cell->close();
  Poller& poller = cell->loop.poller();
  poller.retire(std::unique_ptr<Watched>(cell));
}

Stream::Stream() noexcept = default;
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::Stream(CellPtr cell) noexcept : cell_(std::move(cell)) {}

int Stream::connect(Stream& out, Loop& loop, ChunkPool& pool, const SocketAddress& to,
                    StreamEvents& events) {
  const int family = to.is_unix() ? AF_UNIX : to.raw()->sa_family;
  const int fd = ::socket(family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return uv_translate_sys_error(errno);
  if (!to.is_unix()) {
    const int on = 1;
    const int off = 0;
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // The request follows at once, and is acknowledgement enough of the peer's SYN.
    (void)::setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, &off, sizeof(off));
  }
  out = Stream(CellPtr(new Cell(loop, pool, fd, to.is_unix())));
  out.cell_->events = &events;
  out.cell_->connect(to);
  return 0;
}

Stream Stream::adopt(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket) {
  Stream stream(CellPtr(new Cell(loop, pool, socket.release(), unix_socket)));
  Cell& cell = *stream.cell_;
  if (loop.poller().add(cell.fd, EPOLLIN | EPOLLRDHUP | EPOLLET, cell) != 0) stream.close();
  return stream;
}

void Stream::set_events(StreamEvents& events) noexcept { cell_->events = &events; }

void Stream::keep_alive() noexcept {
  if (!cell_->unix_socket) uv::keep_alive(cell_->fd);
}

void Stream::start_reading() noexcept {
  if (!cell_->reading) cell_->start_reading();
}

void Stream::stop_reading() noexcept { cell_->reading = false; }

bool Stream::reading() const noexcept { return cell_->reading; }

bool Stream::drained() const noexcept { return !cell_->readable; }

bool Stream::ending() const noexcept { return cell_->at_end || cell_->lost != 0; }

bool Stream::at_last() const noexcept { return cell_->all_read; }

bool Stream::peer_has_left() const noexcept {
  if (ending()) return true;
  const ssize_t count = peek();
  return count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR);
}

bool Stream::something_waits() const noexcept {
  return ending() || peek() >= 0 || (errno != EAGAIN && errno != EINTR);
}

bool Stream::nothing_has_come() const noexcept {
  if (ending() || cell_->is_due()) return false;
  // The kernel is asked only when it has not been for a while: each time would cost a polled
  // request 4 % more.
  if (Loop::precise_now() - cell_->loop.turn_began() < kShortTurn) return true;
  return !something_waits();
}

ssize_t Stream::peek() const noexcept {
  char next = 0;
  return ::recv(descriptor(), &next, sizeof(next), MSG_PEEK | MSG_DONTWAIT);
}

int Stream::write(std::initializer_list<std::string_view> parts, Follows follows) {
  Cell& cell = *cell_;
  std::size_t written = 0;
  if (cell.queue.empty() && !cell.connecting) {
    std::array<iovec, 4> pieces{};
    PINION_CHECK(parts.size() <= pieces.size(), "few parts make one write");
    std::size_t count = 0;
    for (const auto part : parts) {
      if (part.empty()) continue;
      pieces[count++] = {.iov_base = const_cast<char*>(part.data()), .iov_len = part.size()};
    }
    if (count == 0) return 0;
    const ssize_t sent = cell.send({pieces.data(), count}, follows);
    if (sent < 0) return static_cast<int>(sent);
    written = static_cast<std::size_t>(sent);
  }
  for (auto part : parts) {
    const std::size_t skipped = std::min(written, part.size());
    written -= skipped;
    part.remove_prefix(skipped);
    if (!part.empty()) cell.queue.append(part);
  }
  if (!cell.queue.empty() && !cell.connecting) cell.wait_for_room();
  return 0;
}

std::size_t Stream::queued() const noexcept { return cell_->queue.size(); }
std::uint64_t Stream::taken() const noexcept { return cell_->taken; }

void Stream::end() noexcept {
  cell_->end_wanted = true;
  cell_->end_if_drained();
}

bool Stream::ended() const noexcept { return cell_->end_wanted; }

void Stream::close() noexcept { cell_.reset(); }

void Stream::reset() noexcept {
  if (cell_ == nullptr) return;
  if (!cell_->unix_socket) {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)::setsockopt(cell_->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  close();
}

int Stream::descriptor() const noexcept { return cell_->fd; }

}  // namespace pinion::uv
