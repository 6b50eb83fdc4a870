#include "admin/address.h"

#include <netdb.h>

#include <memory>
#include <optional>

#include "base/ascii.h"

namespace pinion::admin {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

}  // namespace

std::expected<Address, std::string> parse_address(std::string_view text) {
  Address address;
  if (text.starts_with(kUnixPrefix)) {
    address.path = text.substr(kUnixPrefix.size());
    if (address.path.empty()) return std::unexpected("the path is missing");
    return address;
  }
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return std::unexpected("the port is missing");
  std::string_view host = text.substr(0, colon);
  const auto port = parse_decimal(text.substr(colon + 1));
  if (!port || *port > 65535) return std::unexpected("the port is not a number up to 65535");
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return std::unexpected("an IPv6 address needs brackets");
  }
  if (host.empty()) return std::unexpected("the host is missing");
  address.host = host;
  address.port = std::to_string(*port);
  return address;
}

std::expected<std::vector<SocketAddress>, std::string> resolve(const Address& address) {
  std::vector<SocketAddress> result;
  if (address.is_unix()) {
    result.push_back(SocketAddress::from_unix_path(address.path));
    if (result.front().raw_size() == 0) return std::unexpected("the path is too long");
    return result;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(address.host.c_str(), address.port.c_str(), &hints, &found);
  if (failed != 0) return std::unexpected(::gai_strerror(failed));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner{found, ::freeaddrinfo};
  for (const addrinfo* at = found; at != nullptr; at = at->ai_next) {
    if (const auto one = SocketAddress::from_sockaddr(at->ai_addr)) result.push_back(*one);
  }
  if (result.empty()) return std::unexpected("it has no IP address");
  return result;
}

}  // namespace pinion::admin
