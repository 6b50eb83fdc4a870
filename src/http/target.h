// The request target (RFC 9112, 3.2) and the authority that Host or an absolute-form names.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.h"
#include "http/head_parser.h"

namespace pinion::http {

struct Authority {
  std::string_view host;   // with brackets if it is an IPv6 literal
  std::uint32_t port = 0;  // 0: none given
};

/// `host[:port]` without userinfo; nothing if a character is out of place or the port above 65535.
std::optional<Authority> parse_authority(std::string_view text) noexcept;

/// Reduces `head.target` to origin-form and sets `head.host`.
/// @param host the value of the Host field; nothing if there is none
HeadError settle_target(RequestHead& head, std::optional<std::string_view> host);

}  // namespace pinion::http
