#include "base/socket_file.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "base/owned_fd.h"

namespace pinion {
namespace {

/// Whether the file at `address` is left from a process that is gone. A file that is no socket
/// refuses connections too, and is not ours to remove.
std::expected<bool, int> is_stale(const SocketAddress& address) {
  struct stat file{};
  if (::lstat(address.path().c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return false;
  const OwnedFd probe{::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)};
  if (probe.get() < 0) return std::unexpected(errno);
  // EAGAIN (unix(7)): as many wait there as may. To wait with them would hold up this thread.
  if (::connect(probe.get(), address.raw(), address.raw_size()) == 0 || errno == EAGAIN) {
    return std::unexpected(EADDRINUSE);
  }
  return errno == ECONNREFUSED;
}

}  // namespace

SocketFile::SocketFile(SocketFile&& other) noexcept
    : path_(std::exchange(other.path_, {})), device_(other.device_), inode_(other.inode_) {}

SocketFile& SocketFile::operator=(SocketFile&& other) noexcept {
  std::swap(path_, other.path_);
  std::swap(device_, other.device_);
  std::swap(inode_, other.inode_);
  return *this;
}

std::expected<SocketFile, int> SocketFile::bind(int socket, const SocketAddress& address,
                                                mode_t mode) {
  if (address.raw_size() == 0) return std::unexpected(ENAMETOOLONG);
  const auto stale = is_stale(address);
  if (!stale) return std::unexpected(stale.error());
  const char* const path = address.path().c_str();
  if (*stale) (void)::unlink(path);
  // The mode of the socket becomes that of its file, so there is no moment at which others may.
  (void)::fchmod(socket, mode);
  if (::bind(socket, address.raw(), address.raw_size()) != 0) return std::unexpected(errno);
  struct stat file{};
  if (::lstat(path, &file) != 0) return std::unexpected(errno);
  SocketFile bound;
  bound.path_ = address.path();
  bound.device_ = file.st_dev;
  bound.inode_ = file.st_ino;
  // The umask has taken from it what others need.
  if (::chmod(path, mode) != 0) return std::unexpected(errno);
  return bound;
}

void SocketFile::remove() noexcept {
  if (path_.empty()) return;
  const std::string path = std::exchange(path_, {});
  struct stat file{};
  if (::lstat(path.c_str(), &file) != 0) return;
  if (file.st_dev == device_ && file.st_ino == inode_) (void)::unlink(path.c_str());
}

}  // namespace pinion
