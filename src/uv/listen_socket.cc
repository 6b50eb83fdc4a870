#include "uv/listen_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "uv/keep_alive.h"

namespace pinion::uv {
namespace {

constexpr mode_t kUnixMode = 0666;

std::string explain(const SocketAddress& address, int error) {
  const std::string text = "cannot listen on " + address.to_string() + ": ";
  switch (error) {
    case EADDRINUSE:
      return text +
             "the address is in use; stop what listens there or choose another in [proxy].listen";
    case EACCES:
    case EPERM:
      return text + (address.is_unix()
                         ? "no permission for that path"
                         : "no permission; ports below 1024 need CAP_NET_BIND_SERVICE");
    case EADDRNOTAVAIL:
      return text + "this machine has no such address";
    default:
      return text + std::strerror(error);
  }
}

OwnedFd open_tcp(const SocketAddress& address, bool share_port) {
  const int on = 1;
  OwnedFd fd{::socket(address.raw()->sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd.get() < 0) return fd;
  (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (share_port) (void)setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (address.is_ipv6()) (void)setsockopt(fd.get(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  // Accepted sockets inherit these, which spares each of them the calls.
  keep_alive(fd.get());
  (void)setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  if (::bind(fd.get(), address.raw(), address.raw_size()) != 0) return OwnedFd{};
  return fd;
}

// SO_REUSEPORT would share the port with another pinion of the same user without a word. A socket
// without it cannot be bound then, which is how we notice.
bool port_is_taken(const SocketAddress& address) {
  if (address.port() == 0) return false;
  const OwnedFd probe = open_tcp(address, false);
  return probe.get() < 0 && errno == EADDRINUSE;
}

std::uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, raw, &size) != 0) return 0;
  const auto bound = SocketAddress::from_sockaddr(raw);
  return bound ? bound->port() : std::uint16_t{0};
}

// A file that is no socket refuses connections too, and is not ours to remove.
bool is_socket(const std::string& path) {
  struct stat file{};
  return ::lstat(path.c_str(), &file) == 0 && S_ISSOCK(file.st_mode);
}

std::expected<BoundSockets, std::string> bind_unix(const SocketAddress& address, unsigned count) {
  if (address.raw_size() == 0) return std::unexpected(explain(address, ENAMETOOLONG));
  const OwnedFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (probe.get() < 0) return std::unexpected(explain(address, errno));
  // EAGAIN (unix(7)): as many wait there as may. To wait with them would hold up this thread.
  if (::connect(probe.get(), address.raw(), address.raw_size()) == 0 || errno == EAGAIN) {
    return std::unexpected(explain(address, EADDRINUSE));
  }
  if (errno == ECONNREFUSED && is_socket(address.path())) (void)::unlink(address.path().c_str());
  OwnedFd fd{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (fd.get() < 0 || ::bind(fd.get(), address.raw(), address.raw_size()) != 0) {
    return std::unexpected(explain(address, errno));
  }
  // Whoever is in front of us, nginx for one, is another user; who may reach the path, its folder
  // tells.
  if (::chmod(address.path().c_str(), kUnixMode) != 0) {
    return std::unexpected(explain(address, errno));
  }
  // As for TCP; and until it listens, another pinion would take it for stale.
  if (::listen(fd.get(), SOMAXCONN) != 0) return std::unexpected(explain(address, errno));
  BoundSockets bound{.address = address, .sockets = {}};
  for (unsigned i = 1; i < count; ++i) {
    bound.sockets.emplace_back(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    if (bound.sockets.back().get() < 0) return std::unexpected(explain(address, errno));
  }
  bound.sockets.push_back(std::move(fd));
  return bound;
}

}  // namespace

OwnedFd::~OwnedFd() {
  if (fd_ >= 0) ::close(fd_);
}

std::expected<BoundSockets, std::string> bind_sockets(const SocketAddress& address,
                                                      unsigned count) {
  if (address.is_unix()) return bind_unix(address, count);
  if (port_is_taken(address)) return std::unexpected(explain(address, EADDRINUSE));
  BoundSockets bound{.address = address, .sockets = {}};
  for (unsigned i = 0; i < count; ++i) {
    OwnedFd fd = open_tcp(bound.address, true);
    if (fd.get() < 0) return std::unexpected(explain(bound.address, errno));
    // So that a connection that comes before the workers run waits instead of being refused.
    if (::listen(fd.get(), SOMAXCONN) != 0) return std::unexpected(explain(bound.address, errno));
    if (bound.address.port() == 0) bound.address.set_port(bound_port(fd.get()));
    bound.sockets.push_back(std::move(fd));
  }
  return bound;
}

}  // namespace pinion::uv
