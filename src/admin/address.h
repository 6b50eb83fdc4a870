// Where the endpoint's client connects, by name also.
//
// Threads: resolve() may block on the system's resolver: not for an event loop.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "base/socket_address.h"

namespace pinion::admin {

struct Address {
  std::string path;  // of a unix socket; else empty
  std::string host;  // name or IP literal without brackets
  std::string port;  // decimal digits

  [[nodiscard]] bool is_unix() const noexcept { return !path.empty(); }
};

/// Reads `host:port`, `[ipv6]:port` or `unix:/path`. The error is a short phrase.
std::expected<Address, std::string> parse_address(std::string_view text);

/// All addresses of it, in the order to try them; at least one. The error is a short phrase.
std::expected<std::vector<SocketAddress>, std::string> resolve(const Address& address);

}  // namespace pinion::admin
