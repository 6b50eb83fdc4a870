#include "uv/listen_socket.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <fstream>

#include "any_port.h"
#include "no_descriptors.h"
#include "stream_pair.h"

namespace pinion::uv {
namespace {

using test::kAnyPort;

struct PathGuard {
  explicit PathGuard(const char* name) : path(test::socket_path(name)) { ::unlink(path.c_str()); }
  ~PathGuard() { ::unlink(path.c_str()); }
  PathGuard(const PathGuard&) = delete;
  PathGuard& operator=(const PathGuard&) = delete;
  [[nodiscard]] SocketAddress address() const { return SocketAddress::from_unix_path(path); }
  std::string path;
};

// As a process leaves it that was killed.
void leave_stale(const SocketAddress& address) {
  const OwnedFd gone(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(gone.get(), address.raw(), address.raw_size()) == 0);
}

bool can_connect(const SocketAddress& to) {
  BufferBudget budget{0};
  ChunkPool chunks{budget, 1};
  Loop loop;
  test::Recorder events;
  Stream stream;
  if (Stream::connect(stream, loop, chunks, to, events) != 0) return false;
  REQUIRE(test::run_until(loop, [&] { return events.connected.has_value(); }));
  return *events.connected == 0;
}

}  // namespace

TEST_CASE("port 0 becomes one real port for all workers") {
  const auto bound = bind_sockets(kAnyPort, 3);
  REQUIRE(bound);
  CHECK(bound->address.port() != 0);
  REQUIRE(bound->sockets.size() == 3);
  for (const OwnedFd& socket : bound->sockets) {
    sockaddr_in name{};
    socklen_t size = sizeof(name);
    REQUIRE(::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&name), &size) == 0);
    CHECK(ntohs(name.sin_port) == bound->address.port());
    CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

TEST_CASE("a taken port is noticed although both would share it") {
  const auto first = bind_sockets(kAnyPort, 2);
  REQUIRE(first);
  const auto second = bind_sockets(first->address, 2);
  REQUIRE_FALSE(second);
  CHECK(second.error().find("is in use") != std::string::npos);
  CHECK(second.error().find(first->address.to_string()) != std::string::npos);
}

TEST_CASE("a port that was given up can be taken again at once") {
  SocketAddress address = kAnyPort;
  {
    const auto first = bind_sockets(kAnyPort, 1);
    REQUIRE(first);
    address = first->address;
    CHECK(can_connect(address));
  }
  CHECK(bind_sockets(address, 1));
}

TEST_CASE("another user may connect to a unix socket, whatever the umask") {
  const PathGuard path("mode");
  const mode_t before = ::umask(0077);
  const auto bound = bind_sockets(path.address(), 1);
  ::umask(before);
  REQUIRE(bound);
  struct stat file{};
  REQUIRE(::stat(path.path.c_str(), &file) == 0);
  CHECK((file.st_mode & 0777U) == 0666U);
}

TEST_CASE("connections wait for the workers instead of being refused") {
  const auto tcp = bind_sockets(kAnyPort, 2);
  REQUIRE(tcp);
  CHECK(can_connect(tcp->address));
  const PathGuard path("wait");
  const auto local = bind_sockets(path.address(), 2);
  REQUIRE(local);
  CHECK(can_connect(local->address));
}

TEST_CASE("an address of another machine is refused in words") {
  const auto bound = bind_sockets(*SocketAddress::from_ip("192.0.2.1", 0), 1);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().find("no such address") != std::string::npos);
}

TEST_CASE("a stale unix socket is removed, a live one is refused") {
  const PathGuard path("stale");
  leave_stale(path.address());
  {
    const auto first = bind_sockets(path.address(), 2);
    REQUIRE(first);
    CHECK(first->sockets.size() == 2);
    const auto second = bind_sockets(path.address(), 1);
    REQUIRE_FALSE(second);
    CHECK(second.error().find("is in use") != std::string::npos);
    CHECK(can_connect(path.address()));
  }
  CHECK(::access(path.path.c_str(), F_OK) != 0);
  CHECK(bind_sockets(path.address(), 1));
}

TEST_CASE("a unix socket on which as many wait as may is in use, which is known at once") {
  const PathGuard path("full");
  const SocketAddress address = path.address();
  const OwnedFd busy(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  REQUIRE(::bind(busy.get(), address.raw(), address.raw_size()) == 0);
  REQUIRE(::listen(busy.get(), 0) == 0);
  std::vector<OwnedFd> waiting;
  do {
    waiting.emplace_back(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  } while (::connect(waiting.back().get(), address.raw(), address.raw_size()) == 0);
  REQUIRE(errno == EAGAIN);
  const auto bound = bind_sockets(address, 1);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().find("is in use") != std::string::npos);
  CHECK(::access(path.path.c_str(), F_OK) == 0);
}

TEST_CASE("a unix socket for more workers than there are descriptors is refused in words") {
  const PathGuard path("few");
  {
    test::NoDescriptors none;
    none.give_back(2);  // for two of the workers
    const auto bound = bind_sockets(path.address(), 3);
    REQUIRE_FALSE(bound);
    CHECK(bound.error().find("Too many open files") != std::string::npos);
  }
  const auto bound = bind_sockets(path.address(), 3);
  REQUIRE(bound);
  for (const OwnedFd& socket : bound->sockets) {
    CHECK((::fcntl(socket.get(), F_GETFD) & FD_CLOEXEC) != 0);
  }
}

// connect() refuses a file that is no socket with the same error as a stale socket.
TEST_CASE("a file that is no socket is left alone") {
  const PathGuard path("file");
  std::ofstream(path.path) << "precious";
  const auto bound = bind_sockets(path.address(), 1);
  REQUIRE_FALSE(bound);
  std::ifstream file(path.path);
  std::string content;
  file >> content;
  CHECK(content == "precious");
}

TEST_CASE("a unix path that is too long is refused in words") {
  const auto bound =
      bind_sockets(SocketAddress::from_unix_path("/tmp/" + std::string(200, 'x')), 1);
  REQUIRE_FALSE(bound);
  CHECK(bound.error().find("cannot listen on unix:/tmp/xxx") == 0);
}

TEST_CASE("a descriptor is closed once, by its last owner") {
  int raw = -1;
  {
    OwnedFd first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    raw = first.get();
    OwnedFd second(std::move(first));
    CHECK(second.get() == raw);
    OwnedFd third;
    third = std::move(second);
    CHECK(::fcntl(raw, F_GETFD) >= 0);
  }
  CHECK(::fcntl(raw, F_GETFD) == -1);
  OwnedFd released(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  raw = released.release();
  CHECK(released.get() == -1);
  CHECK(::close(raw) == 0);
}

}  // namespace pinion::uv
