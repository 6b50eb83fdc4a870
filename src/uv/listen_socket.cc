#include "uv/listen_socket.h"

#include <fcntl.h>
#include <netinet/tcp.h>

#include <cerrno>

#include "base/listen_socket.h"
#include "uv/keep_alive.h"

namespace pinion::uv {
namespace {

// Whoever is in front of us, nginx for one, is another user; who may reach the path, its folder
// tells.
constexpr mode_t kUnixMode = 0666;

using Bound = std::expected<BoundSockets, std::string>;

std::unexpected<std::string> failed(const SocketAddress& address, int error) {
  return std::unexpected(cannot_listen(address, error, "[proxy].listen"));
}

// SO_REUSEPORT would share the port with another pinion of the same user without a word. A socket
// without it cannot be bound then, which is how we notice.
bool port_is_taken(const SocketAddress& address) {
  if (address.port() == 0) return false;
  const auto probe = bind_socket(address, {.share_port = false});
  return !probe && probe.error() == EADDRINUSE;
}

Bound bind_unix(const SocketAddress& address, unsigned count) {
  auto one = bind_socket(address, {.mode = kUnixMode});
  if (!one) return failed(address, one.error());
  // As for TCP; and until it listens, another pinion would take it for stale.
  if (::listen(one->socket.get(), SOMAXCONN) != 0) return failed(address, errno);
  BoundSockets bound{.address = address, .sockets = {}, .file = std::move(one->file)};
  bound.sockets.push_back(std::move(one->socket));
  for (unsigned i = 1; i < count; ++i) {
    bound.sockets.emplace_back(::fcntl(bound.sockets.front().get(), F_DUPFD_CLOEXEC, 0));
    if (bound.sockets.back().get() < 0) return failed(address, errno);
  }
  return bound;
}

Bound bind_tcp(const SocketAddress& address, unsigned count) {
  if (port_is_taken(address)) return failed(address, EADDRINUSE);
  BoundSockets bound{.address = address, .sockets = {}, .file = {}};
  for (unsigned i = 0; i < count; ++i) {
    auto one = bind_socket(bound.address, {.share_port = true});
    if (!one) return failed(bound.address, one.error());
    const int on = 1;
    // Accepted sockets inherit these, which spares each of them the calls.
    keep_alive(one->socket.get());
    (void)setsockopt(one->socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    // So that a connection that comes before the workers run waits instead of being refused.
    if (::listen(one->socket.get(), SOMAXCONN) != 0) return failed(bound.address, errno);
    bound.address = one->address;
    bound.sockets.push_back(std::move(one->socket));
  }
  return bound;
}

}  // namespace

Bound bind_sockets(const SocketAddress& address, unsigned count) {
  return address.is_unix() ? bind_unix(address, count) : bind_tcp(address, count);
}

}  // namespace pinion::uv
