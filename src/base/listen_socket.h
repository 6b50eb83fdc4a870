// One bound socket for those who come, TCP or unix.
//
// Threads: any; a BoundSocket is a value of one thread at a time.
// Lifetime: the file of a unix socket is removed before the socket is closed, unless either is
//   moved elsewhere.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/owned_fd.h"
#include "base/socket_address.h"
#include "base/socket_file.h"

namespace pinion {

struct BoundSocket {
  SocketAddress address;  // with the real port when 0 was asked for
  OwnedFd socket;         // does not block
  SocketFile file;        // of a unix socket
};

struct BindTerms {
  mode_t mode = 0600;       // of a unix socket's file, whatever the umask
  bool share_port = false;  // by SO_REUSEPORT, with other sockets of this user
};

/// Binds; to listen is left to the caller. An IPv6 address takes IPv6 only. A stale file of a unix
/// socket is replaced.
/// @returns an errno
std::expected<BoundSocket, int> bind_socket(const SocketAddress& address, const BindTerms& terms);

/// The error in words, for a person: which address, what is wrong, what to do.
/// @param key of the config, where the address stands
std::string cannot_listen(const SocketAddress& address, int error, std::string_view key);

}  // namespace pinion
