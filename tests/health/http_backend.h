// A backend that answers requests as a test says.
//
// Threads: answers on a thread of its own; everything public is for the test's thread.
// Lifetime: gone, with all its connections, when it dies.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/socket_address.h"
#include "uv/listen_socket.h"

namespace pinion::health::test {

class HttpBackend {
 public:
  /// The answer to a request, in full; an empty one closes the connection. May take its time.
  using Answer = std::function<std::string(const std::string& request)>;

  /// @param at port 0 takes a free one
  explicit HttpBackend(Answer answer,
                       const SocketAddress& at = *SocketAddress::from_ip("127.0.0.1", 0));
  ~HttpBackend();
  HttpBackend(const HttpBackend&) = delete;
  HttpBackend& operator=(const HttpBackend&) = delete;

  [[nodiscard]] const SocketAddress& address() const noexcept { return address_; }
  [[nodiscard]] int requests() const noexcept { return requests_; }
  [[nodiscard]] int connections() const noexcept { return connections_; }

  /// An answer with this status and a short body.
  static std::string with_status(int status);

 private:
  void run();

  Answer answer_;
  SocketAddress address_;
  uv::OwnedFd listener_;
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::atomic<bool> ends_{false};
  std::thread thread_;
};

}  // namespace pinion::health::test
