// What a Stream owns: its socket, what waits to be written, and what the kernel has told of it.
//
// Threads: the loop's.
// Lifetime: made by Stream, retired to the loop's Poller when the Stream lets go of it. From then
//   on it has no descriptor and tells nobody anything.
// Invariants: the kernel tells each change once (edge-triggered), so `readable` and `blocked` hold
//   until a call on the socket has shown otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "base/chunk_queue.h"
#include "uv/stream.h"

struct iovec;

namespace pinion::uv {

struct Stream::Cell final : Watched {
  Loop& loop;
  StreamEvents* events = nullptr;
  ChunkQueue queue;
  std::uint64_t taken = 0;
  int fd = -1;
  std::int16_t failed = 0;  // a connect that failed at once, to be told later
  std::int16_t lost = 0;    // an error that sending was told of: the kernel tells it once
  std::uint32_t turn = 0;
  std::uint32_t read_in_turn = 0;
  bool connecting = false;
  bool reading = false;
  bool readable = false;   // there may be something to be read
  bool blocked = false;    // the socket has refused bytes
  bool told_room = false;  // the kernel tells when it takes bytes again
  bool end_wanted = false;
  bool ended = false;
  bool at_end : 1 = false;    // behind what may be read there is a FIN or an error
  bool all_read : 1 = false;  // and nothing else
  bool broken : 1 = false;    // the socket has an error, such as a reset
  bool unix_socket : 1 = false;

  Cell(Loop& on, ChunkPool& pool, int socket, bool is_unix) noexcept
      : loop(on), queue(pool), fd(socket), unix_socket(is_unix) {}
  ~Cell() override;
  Cell(const Cell&) = delete;
  Cell& operator=(const Cell&) = delete;

  /// Closes the socket; nothing is told any more.
  void close() noexcept;
  /// Starts to connect; the outcome is told in a later turn.
  void connect(const SocketAddress& to) noexcept;
  void start_reading() noexcept;
  /// @returns how many bytes the socket has taken, or a libuv error
  ssize_t send(std::span<iovec> parts, Follows follows = Follows::more) noexcept;
  /// The socket has refused bytes: it tells when it takes them.
  void wait_for_room() noexcept;
  void end_if_drained() noexcept;

 private:
  void on_ready(std::uint32_t what) noexcept override;
  void on_turn() noexcept override;
  void finish_connect(int status) noexcept;
  void read() noexcept;
  void tell_end(ssize_t count) noexcept;
  void flush() noexcept;
  [[nodiscard]] bool open() const noexcept { return fd >= 0; }
  [[nodiscard]] std::size_t room() noexcept;
  [[nodiscard]] int pending_error() const noexcept;
  [[nodiscard]] int how_it_ended(ssize_t count) const noexcept;
};

}  // namespace pinion::uv
