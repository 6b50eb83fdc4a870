#include "uv/stream.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/check.h"

namespace pinion::uv {

struct Stream::Cell {
  union {
    uv_handle_t handle;
    uv_stream_t stream;
    uv_tcp_t tcp;
    uv_pipe_t pipe;
  };
  StreamEvents* events = nullptr;
  ChunkQueue queue;           // what no write request has taken yet
  std::size_t in_flight = 0;  // bytes of the one write request
  std::uint64_t taken = 0;
  std::uint32_t turn = 0;
  std::uint32_t read_in_turn = 0;
  bool unix_socket = false;
  bool connecting = false;
  bool reading = false;
  bool end_wanted = false;
  bool ended = false;

  explicit Cell(ChunkPool& pool) : handle{}, queue(pool) {}

  static Cell* of(const void* handle) noexcept {
    return static_cast<Cell*>(static_cast<const uv_handle_t*>(handle)->data);
  }

  [[nodiscard]] std::size_t room(const Loop& loop) noexcept;
  void start_request();
  void end_if_drained() noexcept;
  [[nodiscard]] int end_status(ssize_t told) const noexcept;
  static void on_alloc(uv_handle_t* handle, std::size_t, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
};

// One write that libuv finishes later. It owns its bytes, since the Stream may die first.
struct Stream::WriteRequest {
  static constexpr std::size_t kMaxChunks = 4;

  uv_write_t raw{};
  ChunkPool& pool;
  std::array<std::unique_ptr<Chunk>, kMaxChunks> chunks;
  std::size_t count = 0;
  std::size_t bytes = 0;

  explicit WriteRequest(ChunkPool& from) : pool(from) { raw.data = this; }
  ~WriteRequest() {
    for (auto& chunk : chunks) {
      if (chunk != nullptr) pool.give_back(std::move(chunk));
    }
  }
  WriteRequest(const WriteRequest&) = delete;
  WriteRequest& operator=(const WriteRequest&) = delete;

  static void on_done(uv_write_t* raw, int status);
};

void Stream::Release::operator()(Cell* cell) const noexcept {
  cell->handle.data = nullptr;
  cell->events = nullptr;
  cell->queue.clear();
  const auto free_cell = [](uv_handle_t* handle) {
    // The union is the first member, so the handle's address is the cell's.
    delete reinterpret_cast<Cell*>(handle);
  };
  if (uv_is_closing(&cell->handle) == 0) uv_close(&cell->handle, free_cell);
}

Stream::Stream() noexcept = default;
Stream::~Stream() = default;
Stream::Stream(Stream&&) noexcept = default;
Stream& Stream::operator=(Stream&&) noexcept = default;
Stream::Stream(CellPtr cell) noexcept : cell_(std::move(cell)) {}

Stream::CellPtr Stream::make_cell(Loop& loop, ChunkPool& pool, bool unix_socket) {
  auto cell = std::make_unique<Cell>(pool);
  cell->unix_socket = unix_socket;
  const int status =
      unix_socket ? uv_pipe_init(loop.raw(), &cell->pipe, 0) : uv_tcp_init(loop.raw(), &cell->tcp);
  PINION_CHECK(status == 0, "a socket handle can be made");
  cell->handle.data = cell.get();
  return CellPtr(cell.release());
}

int Stream::connect(Stream& out, Loop& loop, ChunkPool& pool, const SocketAddress& to,
                    StreamEvents& events) {
  out = Stream(make_cell(loop, pool, to.is_unix()));
  Cell& cell = *out.cell_;
  cell.events = &events;
  cell.connecting = true;
  auto request = std::make_unique<uv_connect_t>();
  const auto on_connect = [](uv_connect_t* raw, int status) {
    const std::unique_ptr<uv_connect_t> done(raw);
    Cell* const self = Cell::of(raw->handle);
    if (self == nullptr) return;
    self->connecting = false;
    if (self->events != nullptr) self->events->on_connected(status);
  };
  if (to.is_unix()) {
    uv_pipe_connect(request.release(), &cell.pipe, to.path().c_str(), on_connect);
    return 0;
  }
  uv_tcp_nodelay(&cell.tcp, 1);
  uv_tcp_keepalive(&cell.tcp, 1, kKeepAliveSeconds);
  const int status = uv_tcp_connect(request.get(), &cell.tcp, to.raw(), on_connect);
  if (status == 0) (void)request.release();
  return status;
}

Stream Stream::accept(Loop& loop, ChunkPool& pool, uv_stream_t* server) {
  const bool unix_socket = server->type == UV_NAMED_PIPE;
  Stream stream(make_cell(loop, pool, unix_socket));
  if (uv_accept(server, &stream.cell_->stream) != 0) return {};
  if (!unix_socket) uv_tcp_nodelay(&stream.cell_->tcp, 1);
  return stream;
}

void Stream::set_events(StreamEvents& events) noexcept { cell_->events = &events; }

std::size_t Stream::Cell::room(const Loop& loop) noexcept {
  if (turn != loop.turn()) {
    turn = loop.turn();
    read_in_turn = 0;
  }
  if (read_in_turn >= kBytesPerTurn || events == nullptr) return 0;
  return std::min({events->read_room(), kScratchBytes, kBytesPerTurn - read_in_turn});
}

void Stream::Cell::on_alloc(uv_handle_t* handle, std::size_t /*suggested*/, uv_buf_t* buffer) {
  Cell* const self = of(handle);
  Loop& loop = Loop::of(handle);
  *buffer =
      uv_buf_init(loop.scratch(), self == nullptr ? 0U : static_cast<unsigned>(self->room(loop)));
}

// libuv tells of a reset that came together with the last bytes as of a FIN: the socket knows
// better. (Its EPIPE is a FIN indeed, after which it was we who were reset.)
int Stream::Cell::end_status(ssize_t told) const noexcept {
  if (told != UV_EOF) return static_cast<int>(told);
  uv_os_fd_t fd = -1;
  int error = 0;
  socklen_t size = sizeof(error);
  if (uv_fileno(&handle, &fd) != 0) return 0;
  if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) != 0) return 0;
  return error == ECONNRESET ? UV_ECONNRESET : 0;
}

void Stream::Cell::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  Cell* const self = of(stream);
  if (self == nullptr || self->events == nullptr || count == 0 || count == UV_ENOBUFS) return;
  if (count < 0) {
    self->reading = false;
    self->events->on_end(self->end_status(count));
    return;
  }
  self->read_in_turn += static_cast<std::uint32_t>(count);
  self->events->on_read({buffer->base, static_cast<std::size_t>(count)});
}

void Stream::start_reading() noexcept {
  if (cell_->reading) return;
  cell_->reading = uv_read_start(&cell_->stream, &Cell::on_alloc, &Cell::on_read) == 0;
}

void Stream::stop_reading() noexcept {
  if (!cell_->reading) return;
  cell_->reading = false;
  uv_read_stop(&cell_->stream);
}

bool Stream::reading() const noexcept { return cell_->reading; }

int Stream::write(std::initializer_list<std::string_view> parts) {
  Cell& cell = *cell_;
  std::size_t written = 0;
  if (cell.in_flight == 0 && cell.queue.empty() && !cell.connecting) {
    std::array<uv_buf_t, 4> buffers{};
    PINION_CHECK(parts.size() <= buffers.size(), "few parts make one write");
    unsigned count = 0;
    for (const auto part : parts) {
      if (part.empty()) continue;
      buffers[count++] =
          uv_buf_init(const_cast<char*>(part.data()), static_cast<unsigned>(part.size()));
    }
    if (count == 0) return 0;
    const int status = uv_try_write(&cell.stream, buffers.data(), count);
    if (status < 0 && status != UV_EAGAIN) return status;
    written = status < 0 ? 0 : static_cast<std::size_t>(status);
    cell.taken += written;
  }
  for (auto part : parts) {
    const std::size_t skipped = std::min(written, part.size());
    written -= skipped;
    part.remove_prefix(skipped);
    if (!part.empty()) cell.queue.append(part);
  }
  if (cell.in_flight == 0 && !cell.queue.empty() && !cell.connecting) cell.start_request();
  return 0;
}

void Stream::Cell::start_request() {
  auto request = std::make_unique<WriteRequest>(queue.pool());
  std::array<uv_buf_t, WriteRequest::kMaxChunks> buffers{};
  while (request->count < WriteRequest::kMaxChunks) {
    auto chunk = queue.pop_chunk();
    if (chunk == nullptr) break;
    const auto bytes = chunk->waiting();
    buffers[request->count] =
        uv_buf_init(const_cast<char*>(bytes.data()), static_cast<unsigned>(bytes.size()));
    request->bytes += bytes.size();
    request->chunks[request->count++] = std::move(chunk);
  }
  in_flight = request->bytes;
  const int status = uv_write(&request->raw, &stream, buffers.data(),
                              static_cast<unsigned>(request->count), &WriteRequest::on_done);
  PINION_CHECK(status == 0, "libuv takes a write on an open stream");
  (void)request.release();  // on_done takes it back
}

void Stream::WriteRequest::on_done(uv_write_t* raw, int status) {
  const std::unique_ptr<WriteRequest> request(static_cast<WriteRequest*>(raw->data));
  Cell* const cell = Cell::of(raw->handle);
  if (cell == nullptr) return;
  cell->in_flight = 0;
  if (status != 0) {
    cell->queue.clear();
    if (cell->events != nullptr) cell->events->on_write_error(status);
    return;
  }
  cell->taken += request->bytes;
  if (!cell->queue.empty()) cell->start_request();
  cell->end_if_drained();
  if (cell->events != nullptr) cell->events->on_drain();
}

std::size_t Stream::queued() const noexcept { return cell_->queue.size() + cell_->in_flight; }
std::uint64_t Stream::taken() const noexcept { return cell_->taken; }

void Stream::end() noexcept {
  cell_->end_wanted = true;
  cell_->end_if_drained();
}

bool Stream::ended() const noexcept { return cell_->end_wanted; }

void Stream::Cell::end_if_drained() noexcept {
  if (!end_wanted || ended || connecting || in_flight != 0 || !queue.empty()) return;
  ended = true;
  auto request = std::make_unique<uv_shutdown_t>();
  const auto on_shutdown = [](uv_shutdown_t* raw, int) { delete raw; };
  if (uv_shutdown(request.get(), &stream, on_shutdown) == 0) (void)request.release();
}

void Stream::close() noexcept { cell_.reset(); }

void Stream::reset() noexcept {
  if (cell_ == nullptr) return;
  if (!cell_->unix_socket) {
    // uv_tcp_close_reset refuses a socket that is shutting down; the option alone does the same.
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    (void)setsockopt(descriptor(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
  }
  close();
}

SocketAddress Stream::peer() const {
  sockaddr_storage storage{};
  int size = sizeof(storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  if (!cell_->unix_socket && uv_tcp_getpeername(&cell_->tcp, raw, &size) == 0) {
    if (auto address = SocketAddress::from_sockaddr(raw)) return *address;
  }
  return SocketAddress::from_unix_path("");
}

int Stream::descriptor() const noexcept {
  uv_os_fd_t fd = -1;
  return uv_fileno(&cell_->handle, &fd) == 0 ? fd : -1;
}

}  // namespace pinion::uv
