#include "admin/listen.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

namespace pinion::admin {
namespace {

constexpr int kBacklog = 64;
constexpr mode_t kUnixMode = 0660;

std::string_view advice(int error) noexcept {
  switch (error) {
    case EADDRINUSE:
      return "; stop what listens there or choose another [admin].listen";
    case EACCES:
    case EPERM:
      return "; choose another [admin].listen or give the permission";
    case EADDRNOTAVAIL:
      return "; this machine has no such address, see [admin].listen";
    default:
      return "";
  }
}

/// Whether a unix socket's file is left from a process that is gone. A file that is no socket
/// refuses connections too, and is not ours to remove.
bool is_stale(const std::string& path, const KernelAddress& address) {
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const int probe = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (probe < 0) return false;
  const bool refused = ::connect(probe, address.get(), address.size) != 0 && errno == ECONNREFUSED;
  ::close(probe);
  return refused;
}

/// 0 or what errno says.
int bind_and_listen(int fd, const Address& address, const KernelAddress& to) {
  const int on = 1;
  if (address.is_unix()) {
    // The mode of the socket becomes that of its file, so there is no moment at which others may.
    (void)::fchmod(fd, kUnixMode);
    if (is_stale(address.path, to)) (void)::unlink(address.path.c_str());
  } else {
    (void)::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
  }
  if (::bind(fd, to.get(), to.size) != 0) return errno;
  // The umask has taken from it what a group needs.
  if (address.is_unix()) (void)::chmod(address.path.c_str(), kUnixMode);
  return ::listen(fd, kBacklog) == 0 ? 0 : errno;
}

}  // namespace

std::expected<ListenSocket, std::string> ListenSocket::open(std::string_view text) {
  const auto fail = [text](std::string_view why, std::string_view what_to_do) {
    return std::unexpected(
        fmt::format("the admin endpoint cannot listen on {}: {}{}", text, why, what_to_do));
  };
  const auto address = parse_address(text);
  if (!address) return fail(address.error(), "");
  const auto resolved = resolve(*address);
  if (!resolved) return fail(resolved.error(), "");
  const KernelAddress& first = resolved->front();
  const int fd = ::socket(first.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (fd < 0) return fail(std::generic_category().message(errno), "");
  if (const int error = bind_and_listen(fd, *address, first); error != 0) {
    ::close(fd);
    return fail(std::generic_category().message(error), advice(error));
  }
  return ListenSocket{fd, *address};
}

ListenSocket::ListenSocket(int fd, Address address) noexcept
    : fd_(fd), address_(std::move(address)) {}

ListenSocket::ListenSocket(ListenSocket&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), address_(std::move(other.address_)) {}

ListenSocket& ListenSocket::operator=(ListenSocket&& other) noexcept {
  std::swap(fd_, other.fd_);
  std::swap(address_, other.address_);
  return *this;
}

ListenSocket::~ListenSocket() {
  if (fd_ < 0) return;
  ::close(fd_);
  if (address_.is_unix()) (void)::unlink(address_.path.c_str());
}

std::uint16_t ListenSocket::port() const noexcept {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (::getsockname(fd_, reinterpret_cast<sockaddr*>(&storage), &size) != 0) return 0;
  // sin_port and sin6_port are at the same place.
  if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) return 0;
  return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
}

}  // namespace pinion::admin
