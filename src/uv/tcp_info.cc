// Alone in its file, since the kernel's header and glibc's do not go together.
#include "uv/tcp_info.h"

#include <linux/tcp.h>
#include <sys/socket.h>

namespace pinion::uv {

std::optional<std::uint64_t> bytes_acknowledged(int descriptor) noexcept {
  constexpr int kProtocolTcp = 6;
  tcp_info info{};
  socklen_t size = sizeof(info);
  if (getsockopt(descriptor, kProtocolTcp, TCP_INFO, &info, &size) != 0) return std::nullopt;
  return info.tcpi_bytes_acked;
}

}  // namespace pinion::uv
