#include "http/target.h"

#include <string>

#include "base/ascii.h"
#include "http/chars.h"

namespace pinion::http {
namespace {

constexpr std::uint64_t kMaxPort = 65535;

struct Scheme {
  std::string_view prefix;
  std::uint32_t port;
};
constexpr Scheme kSchemes[] = {{"http://", 80}, {"https://", 443}, {"ws://", 80}, {"wss://", 443}};

const Scheme* scheme_of(std::string_view target) noexcept {
  for (const Scheme& scheme : kSchemes) {
    if (iequals(target.substr(0, scheme.prefix.size()), scheme.prefix)) return &scheme;
  }
  return nullptr;
}

bool same_authority(const Authority& a, const Authority& b, std::uint32_t default_port) noexcept {
  const auto port = [&](const Authority& of) { return of.port == 0 ? default_port : of.port; };
  return iequals(a.host, b.host) && port(a) == port(b);
}

/// Makes "/path?query" of what follows the authority, or "*" (RFC 9112, 3.2.4).
void keep_path(RequestHead& head, std::size_t path_at) {
  head.target.erase(0, path_at);
  if (head.target.empty() && head.method == "OPTIONS") {
    head.target = "*";
  } else if (head.target.empty() || head.target.front() != '/') {
    head.target.insert(0, 1, '/');
  }
}

/// @param named what Host names, if there is a Host
HeadError reduce_absolute(RequestHead& head, const Scheme& scheme,
                          const std::optional<Authority>& named) {
  const std::string_view target = head.target;
  const std::string_view rest = target.substr(scheme.prefix.size());
  const std::string_view text = rest.substr(0, rest.find_first_of("/?"));
  const auto authority = parse_authority(text);
  if (!authority) return HeadError::bad_host;
  if (named && !same_authority(*authority, *named, scheme.port)) return HeadError::bad_host;
  if (!named) head.host = text;
  keep_path(head, scheme.prefix.size() + text.size());
  return HeadError::none;
}

}  // namespace

std::optional<Authority> parse_authority(std::string_view text) noexcept {
  std::size_t host = 0;
  if (text.starts_with('[')) {
    host = text.find(']');
    if (host == std::string_view::npos || host < 3) return std::nullopt;
    if (!all_of(text.substr(1, host - 1), kLiteralChar)) return std::nullopt;
    ++host;
  } else {
    host = span_of(text, kHostChar);
  }
  Authority authority{text.substr(0, host)};
  if (host == 0) return std::nullopt;
  if (host == text.size()) return authority;
  if (text[host] != ':') return std::nullopt;
  const std::string_view digits = text.substr(host + 1);
  if (digits.empty()) return authority;  // RFC 3986, 3.2.3: as if there were no port
  const auto port = parse_decimal(digits);
  if (!port || *port == 0 || *port > kMaxPort) return std::nullopt;
  authority.port = static_cast<std::uint32_t>(*port);
  return authority;
}

HeadError settle_target(RequestHead& head, std::optional<std::string_view> host) {
  std::optional<Authority> named;
  if (host) {
    named = parse_authority(*host);
    if (!named) return HeadError::bad_host;
    head.host = *host;
  } else if (head.minor_version >= 1) {
    return HeadError::bad_host;
  }
  if (head.target.front() == '/') return HeadError::none;
  if (head.target == "*") {
    return head.method == "OPTIONS" ? HeadError::none : HeadError::malformed;
  }
  const Scheme* scheme = scheme_of(head.target);
  return scheme == nullptr ? HeadError::malformed : reduce_absolute(head, *scheme, named);
}

}  // namespace pinion::http
