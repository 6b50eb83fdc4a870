// Bound sockets, made before any thread starts, so that a taken port is one clear error and not a
// surprise later.
//
// Threads: the main thread.
// Lifetime: the file of a unix socket is removed before its sockets are closed, unless either is
//   moved elsewhere.
#pragma once

#include <expected>
#include <string>
#include <vector>

#include "base/owned_fd.h"
#include "base/socket_address.h"
#include "base/socket_file.h"

namespace pinion::uv {

using pinion::OwnedFd;

struct BoundSockets {
  SocketAddress address;         // with the real port when 0 was asked for
  std::vector<OwnedFd> sockets;  // one a worker
  SocketFile file;               // of a unix socket
};

/// Binds `count` sockets to one address: TCP by SO_REUSEPORT, so that the kernel spreads
/// connections over the workers; for a unix socket one socket is shared. A stale unix socket file,
/// which nobody answers on, is removed first.
/// @returns the error in words, for a person: which address, what is wrong, what to do
std::expected<BoundSockets, std::string> bind_sockets(const SocketAddress& address, unsigned count);

}  // namespace pinion::uv
