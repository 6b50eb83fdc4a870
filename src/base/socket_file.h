// The file of a listening unix socket, which leaves with it.
//
// Threads: values, used by one thread at a time.
// Lifetime: dies, or is removed, before the last descriptor of its socket is closed: until then the
//   kernel gives the number of its inode to no other file.
// Invariants: only the file that was bound here is removed, not one that has taken its place since.
#pragma once

#include <sys/types.h>

#include <expected>
#include <string>

#include "base/socket_address.h"

namespace pinion {

class SocketFile {
 public:
  /// None, as TCP sockets have.
  SocketFile() noexcept = default;
  ~SocketFile() { remove(); }
  SocketFile(SocketFile&& other) noexcept;
  SocketFile& operator=(SocketFile&& other) noexcept;

  /// Binds a unix socket to its address. A stale file, which nobody answers on, is replaced; it
  /// does not wait for whoever is busy there.
  /// @param mode of the file, whatever the umask
  /// @returns an errno; EADDRINUSE when somebody answers there, or what is there is no socket
  static std::expected<SocketFile, int> bind(int socket, const SocketAddress& address, mode_t mode);

  /// Removes the file, unless it is another's by now. Once.
  void remove() noexcept;

 private:
  std::string path_;  // empty: there is none
  dev_t device_ = 0;
  ino_t inode_ = 0;
};

}  // namespace pinion
