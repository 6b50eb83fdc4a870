#include "segments.h"

// The kernel's own header has the newer fields; it cannot stand beside <netinet/tcp.h>.
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "socket.h"

namespace pinion::bench {

std::uint64_t data_segments_of(int descriptor) {
  tcp_info info{};
  socklen_t length = sizeof info;
  if (::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &length) != 0) fail("TCP_INFO");
  return info.tcpi_data_segs_in;
}

}  // namespace pinion::bench
