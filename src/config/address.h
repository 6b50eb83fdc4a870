// Addresses to listen on and to connect to.
//
// Threads: pure functions. No name is resolved here.
// Errors say what is wrong with the text and what to write instead.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "base/socket_address.h"
#include "config/config.h"

namespace pinion::config {

/// "HOST:PORT", "[IPv6]:PORT" or "unix:/PATH". Ports from 1 to 65535; a unix path is absolute and
/// at most 107 bytes long (unix(7): sun_path).
std::expected<Address, std::string> parse_backend_address(std::string_view text);

/// Like a backend's address, but an IP literal instead of a name; port 0 means a free one.
std::expected<Address, std::string> parse_listen_address(std::string_view text);

/// The form of a host by which hosts are compared: an IP literal as inet_ntop(3) writes it (IPv6
/// without the brackets that it must come with), a name in lower case. Nothing when it is neither.
std::optional<std::string> canonical_host(std::string_view host);

/// As the kernel takes it; nothing for a name.
std::optional<SocketAddress> socket_address(const Address& address);

/// Reached from this machine only: 127.0.0.0/8, ::1 or a unix socket. False for names.
bool is_local(const Address& address);

/// Whether two listeners cannot both be bound: the same address, or one is the wildcard of the
/// other's family, and the same port. [::] and 0.0.0.0 do not meet; port 0 meets nothing.
bool listeners_collide(const Address& a, const Address& b);

/// Whether connecting to `backend` from this machine surely ends at `listener`.
bool leads_to(const Address& backend, const Address& listener);

}  // namespace pinion::config
