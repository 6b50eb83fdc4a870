// The networks of `trusted_proxies`: whose X-Forwarded-* fields are believed.
//
// Threads: pure functions.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace pinion::config {

/// "10.0.0.0/8", "::1/128", a single address, or "unix:" for the peers of unix sockets.
std::expected<Cidr, std::string> parse_cidr(std::string_view text);

/// As parse_cidr reads it, always with the prefix length.
std::string to_text(const Cidr& cidr);

/// Whether a peer is in one of the networks. `peer_ip` is an address without a port, empty for the
/// peer of a unix socket. An IPv4 address mapped into IPv6 (RFC 4291, 2.5.5.2) counts as IPv4.
bool trusted(const std::vector<Cidr>& networks, std::string_view peer_ip);

}  // namespace pinion::config
