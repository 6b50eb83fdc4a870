// Where tests listen: on a port of this machine that is free.
//
// Threads: a constant.
#pragma once

#include "base/socket_address.h"

namespace pinion::uv::test {

inline const SocketAddress kAnyPort = *SocketAddress::from_ip("127.0.0.1", 0);

}  // namespace pinion::uv::test
