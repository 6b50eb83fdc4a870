#include "base/listen_socket.h"

#include <sys/socket.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace pinion {
namespace {

std::uint16_t bound_port(int fd) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  auto* const raw = reinterpret_cast<sockaddr*>(&storage);
  if (::getsockname(fd, raw, &size) != 0) return 0;
  const auto bound = SocketAddress::from_sockaddr(raw);
  return bound ? bound->port() : std::uint16_t{0};
}

/// @returns 0 or an errno
int bind_tcp(BoundSocket& to, bool share_port) {
  const int on = 1;
  const int fd = to.socket.get();
  (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  if (share_port) (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  if (to.address.is_ipv6()) (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof(on));
  if (::bind(fd, to.address.raw(), to.address.raw_size()) != 0) return errno;
  if (to.address.port() == 0) to.address.set_port(bound_port(fd));
  return 0;
}

}  // namespace

std::expected<BoundSocket, int> bind_socket(const SocketAddress& address, const BindTerms& terms) {
  const int type = SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK;
  BoundSocket bound{.address = address,
                    .socket = OwnedFd{::socket(address.raw()->sa_family, type, 0)},
                    .file = {}};
  if (bound.socket.get() < 0) return std::unexpected(errno);
  if (address.is_unix()) {
    auto file = SocketFile::bind(bound.socket.get(), address, terms.mode);
    if (!file) return std::unexpected(file.error());
    bound.file = std::move(*file);
    return bound;
  }
  if (const int error = bind_tcp(bound, terms.share_port); error != 0) {
    return std::unexpected(error);
  }
  return bound;
}

std::string cannot_listen(const SocketAddress& address, int error, std::string_view key) {
  std::string text = "cannot listen on " + address.to_string() + ": ";
  switch (error) {
    case EADDRINUSE:
      text += "the address is in use; stop what listens there or choose another in ";
      return text.append(key);
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

}  // namespace pinion
