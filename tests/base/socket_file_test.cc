#include "base/socket_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <optional>
#include <vector>

#include "base/listen_socket.h"

namespace pinion {
namespace {

struct Place {
  explicit Place(const char* name)
      : path(std::filesystem::temp_directory_path() /
             ("pinion-" + std::to_string(::getpid()) + "-file-" + name)) {
    std::filesystem::remove(path);
  }
  ~Place() { std::filesystem::remove(path); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] SocketAddress address() const {
    return SocketAddress::from_unix_path(path.string());
  }
  [[nodiscard]] bool there() const {
    struct stat file{};
    return ::lstat(path.c_str(), &file) == 0;
  }
  std::filesystem::path path;
};

BoundSocket listening(const SocketAddress& address, int backlog = 8) {
  auto bound = bind_socket(address, {.mode = 0660});
  REQUIRE(bound);
  REQUIRE(::listen(bound->socket.get(), backlog) == 0);
  return std::move(*bound);
}

int error_at(const SocketAddress& address) {
  const auto bound = bind_socket(address, {});
  return bound ? 0 : bound.error();
}

OwnedFd unix_socket() {
  return OwnedFd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
}

}  // namespace

TEST_CASE("the file of a unix socket goes with it") {
  const Place place("goes");
  {
    const BoundSocket bound = listening(place.address());
    CHECK(place.there());
    CHECK(error_at(place.address()) == EADDRINUSE);
  }
  CHECK_FALSE(place.there());
}

TEST_CASE("a file that has moved is removed once, by its last owner") {
  const Place place("moved");
  std::optional<BoundSocket> first = listening(place.address());
  SocketFile file = std::move(first->file);
  first->file.remove();
  CHECK(place.there());
  SocketFile other;
  other = std::move(file);
  file.remove();
  CHECK(place.there());
  other.remove();
  CHECK_FALSE(place.there());
  std::ofstream(place.path) << "precious";
  other.remove();
  CHECK(place.there());
}

TEST_CASE("a file that somebody else has bound since stays") {
  const Place place("taken");
  std::optional<BoundSocket> first = listening(place.address());
  REQUIRE(std::filesystem::remove(place.path));
  const BoundSocket second = listening(place.address());
  first.reset();
  CHECK(place.there());
  const OwnedFd client = unix_socket();
  CHECK(::connect(client.get(), place.address().raw(), place.address().raw_size()) == 0);
}

TEST_CASE("a stale file is replaced, another is not") {
  const Place place("stale");
  const SocketAddress address = place.address();
  {
    const OwnedFd gone = unix_socket();
    REQUIRE(::bind(gone.get(), address.raw(), address.raw_size()) == 0);
  }
  CHECK(place.there());
  CHECK(error_at(address) == 0);

  std::ofstream(place.path) << "precious";
  CHECK(error_at(address) == EADDRINUSE);
  CHECK(std::filesystem::file_size(place.path) == 8);
  std::filesystem::remove(place.path);
  std::filesystem::create_symlink("/nonexistent", place.path);
  CHECK(error_at(address) == EADDRINUSE);
  CHECK(place.there());
}

TEST_CASE("whoever is too busy to take one more is not waited for, nor thought to be gone") {
  const Place place("busy");
  const SocketAddress address = place.address();
  const BoundSocket busy = listening(address, 0);
  std::vector<OwnedFd> waiting;
  do {
    waiting.push_back(unix_socket());
  } while (::connect(waiting.back().get(), address.raw(), address.raw_size()) == 0);
  REQUIRE(errno == EAGAIN);
  CHECK(error_at(address) == EADDRINUSE);
  CHECK(place.there());
}

TEST_CASE("the file has its mode, whatever the umask") {
  const Place place("mode");
  for (const mode_t mask : {0077U, 0U}) {
    const mode_t before = ::umask(mask);
    const BoundSocket bound = listening(place.address());
    ::umask(before);
    struct stat file{};
    REQUIRE(::stat(place.path.c_str(), &file) == 0);
    CHECK((file.st_mode & 0777U) == 0660U);
  }
}

TEST_CASE("a path that is too long is an error") {
  CHECK(error_at(SocketAddress::from_unix_path("/tmp/" + std::string(200, 'x'))) == ENAMETOOLONG);
}

TEST_CASE("a port of one's own is not shared, and [::] leaves IPv4 to others") {
  const auto first = bind_socket(*SocketAddress::from_ip("0.0.0.0", 0), {});
  REQUIRE(first);
  CHECK(first->address.port() != 0);
  REQUIRE(::listen(first->socket.get(), 1) == 0);
  CHECK(error_at(first->address) == EADDRINUSE);
  const auto ipv6 = *SocketAddress::from_ip("::", first->address.port());
  // A machine may have no IPv6 at all.
  const int error = error_at(ipv6);
  CHECK((error == 0 || error == EAFNOSUPPORT || error == EADDRNOTAVAIL));
}

TEST_CASE("why nobody can listen there is said in words") {
  const auto address = *SocketAddress::from_ip("127.0.0.1", 80);
  CHECK(cannot_listen(address, EADDRINUSE, "[admin].listen") ==
        "cannot listen on 127.0.0.1:80: the address is in use; stop what listens there or choose "
        "another in [admin].listen");
  CHECK(cannot_listen(address, EACCES, "[admin].listen").find("CAP_NET_BIND_SERVICE") !=
        std::string::npos);
  CHECK(cannot_listen(SocketAddress::from_unix_path("/x"), EACCES, "[admin].listen") ==
        "cannot listen on unix:/x: no permission for that path");
}

}  // namespace pinion
