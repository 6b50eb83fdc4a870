#include "stream_pair.h"

#include <sys/un.h>

#include <cstring>

namespace pinion::uv::test {

void StreamPair::connect_far() const {
  const SocketAddress& to = acceptor.address();
  if (!to.is_unix()) {
    REQUIRE(::connect(far.fd(), to.raw(), to.raw_size()) == 0);
    return;
  }
  sockaddr_un path{};
  path.sun_family = AF_UNIX;
  std::memcpy(path.sun_path, to.path().data(), to.path().size());
  REQUIRE(::connect(far.fd(), reinterpret_cast<const sockaddr*>(&path), sizeof(path)) == 0);
}

}  // namespace pinion::uv::test
