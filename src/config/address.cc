#include "config/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/ascii.h"
#include "config/error.h"

namespace pinion::config {
namespace {

using Kind = Address::Kind;

constexpr std::string_view kUnixPrefix = "unix:";
constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;
constexpr std::size_t kLongestName = 253;  // RFC 1035, 2.3.4, without the final dot
constexpr std::size_t kLongestLabel = 63;

using Parsed = std::expected<Address, std::string>;

std::unexpected<std::string> wrong(std::string_view text, std::string_view why) {
  return std::unexpected(fmt::format("{} {}", in_quotes(text), why));
}

/// The canonical form of an IP literal, or nothing.
std::optional<std::string> canonical_ip(int family, std::string_view host) {
  std::array<unsigned char, 16> bytes{};
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (inet_pton(family, std::string(host).c_str(), bytes.data()) != 1) return std::nullopt;
  if (inet_ntop(family, bytes.data(), text.data(), text.size()) == nullptr) return std::nullopt;
  return std::string(text.data());
}

bool is_label(std::string_view label) {
  const bool characters = std::all_of(label.begin(), label.end(), [](char c) {
    const char lower = ascii_lower(c);
    return (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_';
  });
  return characters && !label.empty() && label.size() <= kLongestLabel && label.front() != '-' &&
         label.back() != '-';
}

bool is_name(std::string_view name) {
  if (name.size() > kLongestName) return false;
  std::string_view last;
  while (!name.empty()) {
    const auto dot = name.find('.');
    last = name.substr(0, dot);
    if (!is_label(last)) return false;
    if (dot == std::string_view::npos) break;
    name.remove_prefix(dot + 1);
  }
  // A last label of digits alone is a mistyped IPv4 address (RFC 1123, 2.1).
  return last.find_first_not_of("0123456789") != std::string_view::npos;
}

Parsed parse_unix(std::string_view text) {
  const auto path = text.substr(kUnixPrefix.size());
  if (!path.starts_with('/'))
    return wrong(text, "needs an absolute path, such as \"unix:/run/x.sock\"");
  if (path.size() > kLongestUnixPath || path.find('\0') != std::string_view::npos) {
    return wrong(text, fmt::format("has a path of more than {} bytes", kLongestUnixPath));
  }
  return Address{Kind::unix_path, std::string(path), 0, std::string(text)};
}

Parsed wrong_url(std::string_view text) {
  auto rest = text.substr(text.find("://") + 3);
  rest = rest.substr(0, rest.find_first_of("/?#"));
  const bool has_port = rest.rfind(':') != std::string_view::npos && !rest.ends_with(']');
  return wrong(text, fmt::format("is a URL, write host and port only: {}",
                                 in_quotes(std::string(rest) + (has_port ? "" : ":80"))));
}

Parsed parse_host(std::string_view text, std::string_view host, std::uint16_t port) {
  auto canonical = canonical_host(host);
  const bool bracketed = host.starts_with('[');
  if (canonical) {
    const bool ipv4 = !bracketed && canonical_ip(AF_INET, host).has_value();
    const Kind kind = bracketed ? Kind::ipv6 : ipv4 ? Kind::ipv4 : Kind::name;
    return Address{kind, *std::move(canonical), port, std::string(text)};
  }
  if (bracketed) return wrong(text, "has no IPv6 address between [ and ]");
  if (host.find(':') != std::string_view::npos) {
    return wrong(text, "needs brackets around its IPv6 address, such as \"[::1]:3001\"");
  }
  return wrong(text, "has neither an IP address nor a host name before its port");
}

Parsed parse_address(std::string_view text, std::uint16_t lowest_port) {
  if (text.starts_with(kUnixPrefix)) return parse_unix(text);
  if (text.find("://") != std::string_view::npos) return wrong_url(text);
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos || text.ends_with(']')) {
    const std::string whole =
        parse_decimal(text) ? fmt::format("127.0.0.1:{}", text) : fmt::format("{}:PORT", text);
    return wrong(text, fmt::format("has no {}, write {}", parse_decimal(text) ? "host" : "port",
                                   in_quotes(whole)));
  }
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port < lowest_port || *port > 65535) {
    return wrong(text,
                 fmt::format("has no port from {} to 65535 after its last colon", lowest_port));
  }
  const auto host = text.substr(0, colon);
  if (host.empty()) return wrong(text, "has no host before its port");
  return parse_host(text, host, static_cast<std::uint16_t>(*port));
}

bool is_wildcard(const Address& address) {
  return (address.kind == Kind::ipv4 && address.host == "0.0.0.0") ||
         (address.kind == Kind::ipv6 && address.host == "::");
}

}  // namespace

std::optional<std::string> canonical_host(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']')) return std::nullopt;
    return canonical_ip(AF_INET6, host.substr(1, host.size() - 2));
  }
  if (auto ipv4 = canonical_ip(AF_INET, host)) return ipv4;
  if (!is_name(host)) return std::nullopt;
  return to_lower(host);
}

std::expected<Address, std::string> parse_backend_address(std::string_view text) {
  auto address = parse_address(text, 1);
  if (address && is_wildcard(*address)) {
    return wrong(text, "is no address to connect to, write the one the backend listens on");
  }
  return address;
}

std::expected<Address, std::string> parse_listen_address(std::string_view text) {
  const auto colon = text.rfind(':');
  const auto host = text.substr(0, colon);
  if (colon != std::string_view::npos && (host.empty() || host == "*")) {
    const auto port = text.substr(colon + 1);
    return wrong(text,
                 fmt::format("has no address, write \"0.0.0.0:{0}\" for every IPv4 address of "
                             "this machine or \"[::]:{0}\" for every IPv6 one",
                             port));
  }
  auto address = parse_address(text, 0);
  if (address && address->kind == Kind::name) {
    return wrong(text, fmt::format("has a name, a listener needs an IP address: \"127.0.0.1:{0}\" "
                                   "for this machine only, \"0.0.0.0:{0}\" for all",
                                   address->port));
  }
  return address;
}

std::optional<SocketAddress> socket_address(const Address& address) {
  if (address.kind == Kind::unix_path) return SocketAddress::from_unix_path(address.host);
  return SocketAddress::from_ip(address.host, address.port);
}

bool is_local(const Address& address) {
  switch (address.kind) {
    case Kind::ipv4:
      return address.host.starts_with("127.");
    case Kind::ipv6:
      return address.host == "::1" || address.host.starts_with("::ffff:127.");
    case Kind::unix_path:
      return true;
    case Kind::name:
      break;
  }
  return false;
}

bool listeners_collide(const Address& a, const Address& b) {
  if (a.kind != b.kind) return false;
  if (a.kind == Kind::unix_path) return a.host == b.host;
  return a.port == b.port && a.port != 0 && (a.host == b.host || is_wildcard(a) || is_wildcard(b));
}

bool leads_to(const Address& backend, const Address& listener) {
  const bool certain = backend.host == listener.host || is_local(backend);
  return certain && listeners_collide(backend, listener);
}

}  // namespace pinion::config
