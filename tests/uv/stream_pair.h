// A Stream and the plain socket at its other end, connected by the kernel: TCP or unix.
//
// Threads: the loop's. Lifetime: everything on the loop dies before the loop.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>

#include "any_port.h"
#include "run_until.h"
#include "uv/listener.h"
#include "uv/stream.h"

namespace pinion::uv::test {

/// What came of a stream, in the order in which it came.
struct Recorder final : StreamEvents {
  std::optional<int> connected, ended, write_error;
  std::string read;
  std::size_t reads = 0, largest_read = 0, drains = 0;
  std::size_t room = kScratchBytes;
  std::function<void()> on_any_read, on_any_drain, on_any_end, on_any_connect, on_any_error;

  void on_connected(int status) noexcept override {
    connected = status;
    if (on_any_connect) on_any_connect();
  }
  std::size_t read_room() noexcept override { return room; }
  void on_read(std::string_view bytes) noexcept override {
    read += bytes;
    ++reads;
    largest_read = std::max(largest_read, bytes.size());
    if (on_any_read) on_any_read();
  }
  void on_end(int status) noexcept override {
    ended = status;
    if (on_any_end) on_any_end();
  }
  void on_drain() noexcept override {
    ++drains;
    if (on_any_drain) on_any_drain();
  }
  void on_write_error(int status) noexcept override {
    write_error = status;
    if (on_any_error) on_any_error();
  }
};

/// A blocking socket at the far end, read and written without a loop.
class FarEnd {
 public:
  explicit FarEnd(int fd = -1) : fd_(fd) {}
  [[nodiscard]] int fd() const { return fd_.get(); }
  void close() { fd_ = OwnedFd{}; }
  void reset() {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    setsockopt(fd(), SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
    close();
  }
  void send(std::string_view bytes) const {
    REQUIRE(::send(fd(), bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
            static_cast<ssize_t>(bytes.size()));
  }
  /// What is there now; `error` is set by what is wrong, `eof` by a FIN.
  std::string take(std::size_t most = kScratchBytes) {
    std::string bytes(most, '\0');
    const ssize_t count = ::recv(fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (count == 0) eof = true;
    if (count < 0 && errno != EAGAIN) error = errno;
    bytes.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return bytes;
  }
  bool eof = false;
  int error = 0;

 private:
  OwnedFd fd_;
};

inline std::string socket_path(const char* name) {
  return (std::filesystem::temp_directory_path() /
          ("pinion-" + std::to_string(::getpid()) + "-" + name))
      .string();
}

/// Accepts everything on a port of its own, or a unix socket.
class Acceptor final : public Listener::Handler {
 public:
  Acceptor(Loop& loop, ChunkPool& chunks, bool unix_socket)
      : path_(unix_socket ? socket_path("stream") : ""),
        bound_(bind_sockets(unix_socket ? SocketAddress::from_unix_path(path_) : kAnyPort, 1)) {
    REQUIRE(bound_);
    listener_.emplace(loop, chunks, std::move(bound_->sockets[0]), unix_socket, *this);
  }
  ~Acceptor() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  Acceptor(const Acceptor&) = delete;
  Acceptor& operator=(const Acceptor&) = delete;
  [[nodiscard]] const SocketAddress& address() const { return bound_->address; }
  Stream accepted;
  SocketAddress peer;

 private:
  void on_accept(Stream stream, const SocketAddress& from) noexcept override {
    accepted = std::move(stream);
    peer = from;
  }

  std::string path_;
  std::expected<BoundSockets, std::string> bound_;
  std::optional<Listener> listener_;
};

struct StreamPair {
  explicit StreamPair(bool unix_socket = false) : acceptor(loop, chunks, unix_socket) {
    // As the server does: a write to a closed connection is an error, not a signal.
    (void)std::signal(SIGPIPE, SIG_IGN);
    far = FarEnd(::socket(unix_socket ? AF_UNIX : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    // Small, so that a few chunks fill it.
    const int small = 16 * 1024;
    setsockopt(far.fd(), SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    connect_far();
    REQUIRE(run_until(loop, [&] { return static_cast<bool>(acceptor.accepted); }));
    near = std::move(acceptor.accepted);
    near.set_events(events);
  }

  BufferBudget budget{0};
  ChunkPool chunks{budget, 8};
  Loop loop;
  Acceptor acceptor;
  FarEnd far;
  Recorder events;
  Stream near;

  /// Writes until the socket refuses some. @returns all that was written
  std::string fill(std::size_t queued) {
    std::string all;
    while (near.queued() < queued) {
      const std::string piece(20'000, static_cast<char>('a' + all.size() / 20'000 % 26));
      REQUIRE(near.write({piece}) == 0);
      all += piece;
    }
    return all;
  }
  /// Reads at the far end until `size` bytes are there or it ended.
  std::string drain_far(std::size_t size) {
    std::string got;
    CHECK(run_until(loop, [&] {
      got += far.take();
      return got.size() >= size || far.eof || far.error != 0;
    }));
    return got;
  }

 private:
  void connect_far() const;
};

}  // namespace pinion::uv::test
