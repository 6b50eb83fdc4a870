#include "uv/listener.h"

#include "base/check.h"

namespace pinion::uv {

struct Listener::Cell {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  ChunkPool& pool;
  Handler* handler;

  Cell(ChunkPool& from, Handler& to) : handle{}, pool(from), handler(&to) {}

  static void on_connection(uv_stream_t* server, int status) {
    auto* const self = static_cast<Cell*>(server->data);
    if (self == nullptr || status != 0) return;
    Stream stream = Stream::accept(Loop::of(&self->handle), self->pool, server);
    if (stream) self->handler->on_accept(std::move(stream));
  }
};

void Listener::Release::operator()(Cell* cell) const noexcept {
  cell->handle.data = nullptr;
  uv_close(&cell->handle, [](uv_handle_t* handle) { delete reinterpret_cast<Cell*>(handle); });
}

Listener::Listener(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket,
                   Handler& handler) {
  auto cell = std::make_unique<Cell>(pool, handler);
  int status = 0;
  if (unix_socket) {
    status = uv_pipe_init(loop.raw(), &cell->pipe, 0);
    if (status == 0) status = uv_pipe_open(&cell->pipe, socket.get());
  } else {
    status = uv_tcp_init(loop.raw(), &cell->tcp);
    if (status == 0) status = uv_tcp_open(&cell->tcp, socket.get());
  }
  PINION_CHECK(status == 0, "a bound socket can be opened");
  (void)socket.release();
  cell->handle.data = cell.get();
  cell_.reset(cell.release());
  PINION_CHECK(uv_listen(&cell_->stream, SOMAXCONN, &Cell::on_connection) == 0,
               "a bound socket can listen");
}

Listener::~Listener() = default;

}  // namespace pinion::uv
