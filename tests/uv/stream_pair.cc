#include "stream_pair.h"

namespace pinion::uv::test {

void StreamPair::connect_far() const {
  const SocketAddress& to = acceptor.address();
  REQUIRE(::connect(far.fd(), to.raw(), to.raw_size()) == 0);
}

}  // namespace pinion::uv::test
