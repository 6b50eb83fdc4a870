#include "base/socket_address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include <array>
#include <charconv>
#include <cstring>

namespace pinion {
namespace {

const sockaddr_in& as_ipv4(const sockaddr_storage& storage) noexcept {
  return reinterpret_cast<const sockaddr_in&>(storage);
}
const sockaddr_in6& as_ipv6(const sockaddr_storage& storage) noexcept {
  return reinterpret_cast<const sockaddr_in6&>(storage);
}

// inet_ntop() goes through printf, which costs as much as reading the client's whole request.
std::string ipv4_text(const std::uint8_t* bytes) {
  std::array<char, INET_ADDRSTRLEN> text{};
  char* at = text.data();
  for (int i = 0; i < 4; ++i) {
    if (i > 0) *at++ = '.';
    at = std::to_chars(at, text.data() + text.size(), bytes[i]).ptr;
  }
  return {text.data(), at};
}

}  // namespace

std::optional<SocketAddress> SocketAddress::from_ip(const std::string& ip, std::uint16_t port) {
  SocketAddress address;
  auto& v4 = reinterpret_cast<sockaddr_in&>(address.storage_);
  auto& v6 = reinterpret_cast<sockaddr_in6&>(address.storage_);
  if (inet_pton(AF_INET, ip.c_str(), &v4.sin_addr) == 1) {
    v4.sin_family = AF_INET;
  } else if (inet_pton(AF_INET6, ip.c_str(), &v6.sin6_addr) == 1) {
    v6.sin6_family = AF_INET6;
  } else {
    return std::nullopt;
  }
  address.set_port(port);
  return address;
}

SocketAddress SocketAddress::from_unix_path(std::string_view path) {
  SocketAddress address;
  auto& raw = reinterpret_cast<sockaddr_un&>(address.storage_);
  raw.sun_family = AF_UNIX;
  if (path.size() < sizeof(raw.sun_path)) std::memcpy(raw.sun_path, path.data(), path.size());
  address.path_ = path;
  return address;
}

std::optional<SocketAddress> SocketAddress::from_sockaddr(const sockaddr* from) {
  SocketAddress address;
  if (from->sa_family == AF_INET) {
    std::memcpy(&address.storage_, from, sizeof(sockaddr_in));
  } else if (from->sa_family == AF_INET6) {
    std::memcpy(&address.storage_, from, sizeof(sockaddr_in6));
  } else {
    return std::nullopt;
  }
  return address;
}

socklen_t SocketAddress::raw_size() const noexcept {
  if (is_unix()) return path_.size() < sizeof(sockaddr_un::sun_path) ? sizeof(sockaddr_un) : 0;
  return is_ipv6() ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
}

std::uint16_t SocketAddress::port() const noexcept {
  if (is_unix()) return 0;
  return ntohs(is_ipv6() ? as_ipv6(storage_).sin6_port : as_ipv4(storage_).sin_port);
}

void SocketAddress::set_port(std::uint16_t port) noexcept {
  if (is_ipv6()) {
    reinterpret_cast<sockaddr_in6&>(storage_).sin6_port = htons(port);
  } else {
    reinterpret_cast<sockaddr_in&>(storage_).sin_port = htons(port);
  }
}

std::string SocketAddress::ip() const {
  // The peer of a unix socket has no path either: it is of no family that has an IP.
  if (storage_.ss_family != AF_INET && storage_.ss_family != AF_INET6) return {};
  if (!is_ipv6()) {
    return ipv4_text(reinterpret_cast<const std::uint8_t*>(&as_ipv4(storage_).sin_addr));
  }
  const in6_addr& v6 = as_ipv6(storage_).sin6_addr;
  if (IN6_IS_ADDR_V4MAPPED(&v6)) return ipv4_text(v6.s6_addr + 12);
  std::array<char, INET6_ADDRSTRLEN> text{};
  inet_ntop(AF_INET6, &v6, text.data(), text.size());
  return text.data();
}

std::string SocketAddress::to_string() const {
  if (is_unix()) return "unix:" + path_;
  const std::string ip_text = ip();
  const std::string port_text = std::to_string(port());
  if (ip_text.find(':') != std::string::npos) return "[" + ip_text + "]:" + port_text;
  return ip_text + ":" + port_text;
}

}  // namespace pinion
