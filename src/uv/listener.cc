#include "uv/listener.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "base/check.h"

namespace pinion::uv {

namespace {

constexpr int kMostInTurn = 64;

// To be given up when there are no more descriptors: a client that is accepted and closed hears so
// at once, one that is left waiting does not, and would wake the loop all the time.
OwnedFd spare_descriptor() { return OwnedFd(::open("/dev/null", O_RDONLY | O_CLOEXEC)); }

}  // namespace

struct Listener::Cell final : Watched {
  Loop& loop;
  ChunkPool& pool;
  Handler* handler;
  OwnedFd socket;
  OwnedFd spare = spare_descriptor();
  int in_turn = 1;  // how many are taken
  bool unix_socket;

  Cell(Loop& on, ChunkPool& from, OwnedFd listening, bool is_unix, Handler& to)
      : loop(on), pool(from), handler(&to), socket(std::move(listening)), unix_socket(is_unix) {}

  void on_ready(std::uint32_t what) noexcept override;
  void turn_one_away() noexcept;
};

// Most often one has come, and the call that would say so is spared.
void Listener::Cell::on_ready(std::uint32_t /*what*/) noexcept {
  int taken = 0;
  while (handler != nullptr && taken < in_turn) {
    sockaddr_storage from{};
    auto* const raw = reinterpret_cast<sockaddr*>(&from);
    socklen_t size = sizeof(from);
    OwnedFd accepted(::accept4(socket.get(), raw, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (accepted.get() < 0) {
      if (errno == EMFILE || errno == ENFILE) turn_one_away();
      break;
    }
    ++taken;
    const auto peer = unix_socket ? std::nullopt : SocketAddress::from_sockaddr(raw);
    Stream stream = Stream::adopt(loop, pool, std::move(accepted), unix_socket);
    if (!stream) continue;
    handler->on_accept(std::move(stream), peer ? *peer : SocketAddress::from_unix_path(""));
  }
  in_turn = taken == in_turn ? std::min(2 * in_turn, kMostInTurn) : 1;
}

void Listener::Cell::turn_one_away() noexcept {
  spare = OwnedFd{};
  {
    const OwnedFd refused(::accept4(socket.get(), nullptr, nullptr, SOCK_CLOEXEC));
  }
  spare = spare_descriptor();
}

// A unix socket has duplicates at other workers.
void Listener::Release::operator()(Cell* cell) const noexcept {
  cell->handler = nullptr;
  cell->loop.poller().remove(cell->socket.get());
  cell->socket = OwnedFd{};
  Poller& poller = cell->loop.poller();
  poller.retire(std::unique_ptr<Watched>(cell));
}

Listener::Listener(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket, Handler& handler)
    : cell_(new Cell(loop, pool, std::move(socket), unix_socket, handler)) {
  PINION_CHECK(::listen(cell_->socket.get(), SOMAXCONN) == 0, "a bound socket can listen");
  PINION_CHECK(loop.poller().add(cell_->socket.get(), EPOLLIN, *cell_) == 0,
               "a listening socket can be watched");
}

Listener::~Listener() = default;

}  // namespace pinion::uv
