#include "uv/listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <cstdint>
#include <optional>
#include <utility>

#include "base/check.h"
#include "uv/timer.h"

namespace pinion::uv {

namespace {

constexpr int kMostInTurn = 64;
constexpr int kCrowd = 3;

// To be given up when there are no more descriptors: a client that is accepted and closed hears so
// at once, one that is left waiting does not, and would wake the loop all the time.
OwnedFd spare_descriptor() { return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

bool is_lack(int error) noexcept {
  return error == EMFILE || error == ENFILE || error == ENOMEM || error == ENOBUFS;
}

}  // namespace

struct Listener::Cell final : Watched, Timer::Handler {
  Loop& loop;
  ChunkPool& pool;
  Listener::Handler* handler;
  OwnedFd socket;
  OwnedFd spare = spare_descriptor();
  std::optional<Timer> pause;
  int in_turn = 1;     // how many are taken
  int full_turns = 0;  // in a row, in which that many had come
  std::uint32_t last_turn = 0;
  bool unix_socket;

  Cell(Loop& on, ChunkPool& from, OwnedFd listening, bool is_unix, Listener::Handler& to)
      : loop(on), pool(from), handler(&to), socket(std::move(listening)), unix_socket(is_unix) {
    pause.emplace(loop, *this);
  }

  void on_ready(std::uint32_t what) noexcept override;
  void on_tick() noexcept override;
  void on_lack(int error) noexcept;
  void rest() noexcept;
  int take(int most) noexcept;
  void take_turn(bool full) noexcept;
  [[nodiscard]] int turn_one_away() noexcept;
};

void Listener::Cell::on_ready(std::uint32_t /*what*/) noexcept {
  take_turn(take(in_turn) == in_turn);
}

// @returns how many there were, up to so many
int Listener::Cell::take(int most) noexcept {
  int taken = 0;
  while (handler != nullptr && taken < most) {
    sockaddr_storage from{};
    auto* const raw = reinterpret_cast<sockaddr*>(&from);
    socklen_t size = sizeof(from);
    OwnedFd accepted(::accept4(socket.get(), raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() < 0) {
      if (is_lack(errno)) on_lack(errno);
      break;
    }
    ++taken;
    const auto peer = unix_socket ? std::nullopt : SocketAddress::from_sockaddr(raw);
    Stream stream = Stream::adopt(loop, pool, std::move(accepted), unix_socket);
    if (stream) {
      handler->on_accept(std::move(stream), peer ? *peer : SocketAddress::from_unix_path(""));
    } else {
      handler->on_accept_failed(UV_ENOMEM, true);
    }
  }
  return taken;
}

// A call that finds nobody costs as much as one that does, so more than one is taken only when they
// keep coming.
void Listener::Cell::take_turn(bool full) noexcept {
  const bool in_a_row = loop.turn() == std::exchange(last_turn, loop.turn()) + 1;
  full_turns = !full ? 0 : in_a_row ? std::min(full_turns + 1, kCrowd) : 1;
  if (full_turns < kCrowd) {
    in_turn = 1;
  } else {
    in_turn = std::min(2 * in_turn, kMostInTurn);
  }
}

void Listener::Cell::on_lack(int error) noexcept {
  const bool of_descriptors = error == EMFILE || error == ENFILE;
  const int left = of_descriptors ? turn_one_away() : error;
  // The kernel looks for a descriptor first: there may have been nobody to accept.
  if (left != 0 && !is_lack(left)) return;
  if (left != 0) rest();
  handler->on_accept_failed(uv_translate_sys_error(error), left == 0);
}

void Listener::Cell::rest() noexcept {
  loop.poller().remove(socket.get());
  pause->start(kPause, Duration::zero());
}

void Listener::Cell::on_tick() noexcept {
  if (spare.get() < 0) spare = spare_descriptor();
  const int status = loop.poller().add_again(socket.get(), EPOLLIN, *this);
  if (status == 0) return;
  rest();
  handler->on_accept_failed(status, false);
}

// @returns 0, or why nobody was
int Listener::Cell::turn_one_away() noexcept {
  spare = OwnedFd{};
  int error = 0;
  {
    const OwnedFd refused(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (refused.get() < 0) error = errno;
  }
  spare = spare_descriptor();
  return error;
}

// A unix socket has duplicates at other workers.
void Listener::Release::operator()(Cell* cell) const noexcept {
  cell->handler = nullptr;
  cell->pause.reset();
  cell->loop.poller().remove(cell->socket.get());
  cell->socket = OwnedFd{};
  Poller& poller = cell->loop.poller();
  poller.retire(std::unique_ptr<Watched>(cell));
}

Listener::Listener(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket, Handler& handler)
    : cell_(new Cell(loop, pool, std::move(socket), unix_socket, handler)) {
  PINION_CHECK(::listen(cell_->socket.get(), SOMAXCONN) == 0, "a bound socket can listen");
  if (loop.poller().add(cell_->socket.get(), EPOLLIN, *cell_) != 0) cell_->rest();
}

Listener::~Listener() = default;

void Listener::take_all() noexcept { (void)cell_->take(SOMAXCONN); }

}  // namespace pinion::uv
