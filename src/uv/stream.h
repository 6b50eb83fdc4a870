// A connected socket (TCP or unix) on a loop: reads into the loop's scratch buffer, writes at once
// what the socket takes, and keeps only what it refuses.
//
// Threads: the loop's.
// Lifetime: a Stream owns its socket; moving it moves the ownership. It may be closed or destroyed
//   inside any of its callbacks; none comes after that. The events object is not owned and outlives
//   the Stream or is replaced.
// Invariants: bytes leave in the order of write(); queued() counts those not yet taken by the
//   socket.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string_view>

#include "base/chunk_queue.h"
#include "base/socket_address.h"
#include "uv/listen_socket.h"
#include "uv/loop.h"

namespace pinion::uv {

class StreamEvents {
 public:
  /// The outcome of connect(): 0 or a libuv error.
  virtual void on_connected(int status) noexcept { (void)status; }
  /// How many bytes may be read now; 0 asks again in the next turn.
  virtual std::size_t read_room() noexcept { return kScratchBytes; }
  /// Bytes in the scratch buffer, good until this returns.
  virtual void on_read(std::string_view bytes) noexcept = 0;
  /// No more bytes will come: 0 for a FIN, else a libuv error such as UV_ECONNRESET.
  virtual void on_end(int status) noexcept = 0;
  /// queued() has become smaller.
  virtual void on_drain() noexcept = 0;
  /// What waited cannot be written; the stream is of no more use for writing.
  virtual void on_write_error(int status) noexcept = 0;

 protected:
  ~StreamEvents() = default;
};

/// What one stream may read in one turn of the loop, so that a firehose does not starve others.
inline constexpr std::size_t kBytesPerTurn = kScratchBytes;

/// What comes behind bytes that are written. Those with an end behind them wait for it in the
/// kernel, some tenths of a second at most, and make one segment with it (MSG_MORE, send(2)).
enum class Follows : std::uint8_t { more, end };

class Stream {
 public:
  Stream() noexcept;
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// Starts to connect; events.on_connected tells the outcome. @returns 0 or an error at once
  static int connect(Stream& out, Loop& loop, ChunkPool& pool, const SocketAddress& to,
                     StreamEvents& events);
  /// From a socket that is connected and does not block. @returns none when the system has no room
  /// to watch another one
  static Stream adopt(Loop& loop, ChunkPool& pool, OwnedFd socket, bool unix_socket);

  explicit operator bool() const noexcept { return cell_ != nullptr; }
  void set_events(StreamEvents& events) noexcept;

  /// For a connection on which nothing else tells that its peer has vanished: TCP asks (see
  /// uv/keep_alive.h). Those that were accepted have it from their listener.
  void keep_alive() noexcept;

  void start_reading() noexcept;
  void stop_reading() noexcept;
  [[nodiscard]] bool reading() const noexcept;
  /// All that has come was read, as far as the kernel has told.
  [[nodiscard]] bool drained() const noexcept;
  /// The peer has ended it, behind what may still be read.
  [[nodiscard]] bool ending() const noexcept;
  /// Behind what has been read, or is being told, there is a FIN, which the next turn tells.
  [[nodiscard]] bool at_last() const noexcept;
  /// The kernel is asked now: the peer has ended it, and nothing is left to be read.
  [[nodiscard]] bool peer_has_left() const noexcept;
  /// The kernel is asked now: there is something to be read, if only an end.
  [[nodiscard]] bool something_waits() const noexcept;
  /// There is nothing to be read, not even an end, as far as the kernel has told in this turn or,
  /// when that is 1 ms old, is asked now.
  [[nodiscard]] bool nothing_has_come() const noexcept;

  /// Writes the parts as one; keeps what the socket refuses. @returns 0, or a libuv error: then
  /// nothing more can be written. Nothing is called back from inside.
  int write(std::initializer_list<std::string_view> parts, Follows follows = Follows::more);
  /// Bytes that the socket has not taken yet.
  [[nodiscard]] std::size_t queued() const noexcept;
  /// Bytes that the socket has ever taken.
  [[nodiscard]] std::uint64_t taken() const noexcept;
  /// Sends a FIN after what is queued.
  void end() noexcept;
  [[nodiscard]] bool ended() const noexcept;

  /// Closes; what is queued is dropped.
  void close() noexcept;
  /// Closes with a RST, so that the peer knows that something was lost.
  void reset() noexcept;

  /// The underlying descriptor, for getsockopt; -1 when there is none.
  [[nodiscard]] int descriptor() const noexcept;

 private:
  struct Cell;
  struct Release {
    void operator()(Cell* cell) const noexcept;
  };
  using CellPtr = std::unique_ptr<Cell, Release>;

  explicit Stream(CellPtr cell) noexcept;
  [[nodiscard]] ssize_t peek() const noexcept;

  CellPtr cell_;
};

}  // namespace pinion::uv
