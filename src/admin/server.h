// The admin endpoint over HTTP/1.1, by libwebsockets, on a thread of its own.
//
// Every connection serves one request: what asks here asks a few times a minute, and without
// keep-alive there is no pipelining, no state between requests and no idle connection to hold.
// libwebsockets decodes and tidies the path before it hands it out (`//`, `/./` and `/../` go, also
// when they came percent-encoded), so a sid with such a piece cannot be named in a path.
//
// Threads: start(), port() and stop() by one thread, the owner's; Control is called on the
//   endpoint's thread.
// Lifetime: control and log outlive the server; the destructor stops it.
// Invariants: at most Limits::connections connections; each phase of one ends by its deadline,
//   whatever the client does.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>

#include "admin/control.h"
#include "base/socket_address.h"
#include "log/log.h"

namespace pinion::admin {

class AdminServer {
 public:
  struct Limits {
    std::size_t connections = 64;
    std::size_t body = std::size_t{64} * 1024;   // bytes of a request's body
    std::size_t head = std::size_t{16} * 1024;   // bytes of a request's fields
    std::chrono::milliseconds request{10'000};   // from accept until the request is there
    std::chrono::milliseconds response{30'000};  // from there until the answer is sent
  };

  AdminServer(Control& control, log::Logger& log, const Limits& limits) noexcept;
  AdminServer(Control& control, log::Logger& log) noexcept;
  ~AdminServer();
  AdminServer(const AdminServer&) = delete;
  AdminServer& operator=(const AdminServer&) = delete;

  /// Binds and serves; returns at once.
  /// @param address port 0 takes a free one; a unix socket is for its owner and group
  /// @param token what changes need; empty: nothing
  /// @returns the error as one line
  std::expected<void, std::string> start(const SocketAddress& address, const std::string& token);
  /// The port in use while started; 0 for a unix socket.
  [[nodiscard]] std::uint16_t port() const noexcept;
  /// Closes all connections and joins the thread. Does nothing when not started.
  void stop() noexcept;

 private:
  class Service;
  Control& control_;
  log::Logger& log_;
  const Limits limits_;
  std::unique_ptr<Service> service_;
};

}  // namespace pinion::admin
