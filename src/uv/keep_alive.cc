#include "uv/keep_alive.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

namespace pinion::uv {

void keep_alive(int socket) noexcept {
  const auto set = [socket](int level, int option, int value) {
    (void)::setsockopt(socket, level, option, &value, sizeof(value));
  };
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, static_cast<int>(kKeepAliveIdle.count()));
  // With the 75 s and 9 questions of the system one that is gone would be kept for 12 minutes.
  set(IPPROTO_TCP, TCP_KEEPINTVL, static_cast<int>(kKeepAliveEvery.count()));
  set(IPPROTO_TCP, TCP_KEEPCNT, kKeepAliveQuestions);
}

}  // namespace pinion::uv
