// Where a socket listens or connects: an IP address with a port, or the path of a unix socket.
//
// Threads: values. Names are resolved elsewhere; this holds what the kernel takes.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace pinion {

class SocketAddress {
 public:
  /// @param ip an IPv4 or IPv6 literal without brackets
  static std::optional<SocketAddress> from_ip(const std::string& ip, std::uint16_t port);
  static SocketAddress from_unix_path(std::string_view path);
  /// From what the kernel filled in; nothing for other families.
  static std::optional<SocketAddress> from_sockaddr(const sockaddr* address);

  [[nodiscard]] bool is_unix() const noexcept { return !path_.empty(); }
  [[nodiscard]] bool is_ipv6() const noexcept {
    return !is_unix() && storage_.ss_family == AF_INET6;
  }
  [[nodiscard]] const std::string& path() const noexcept { return path_; }
  [[nodiscard]] const sockaddr* raw() const noexcept {
    return reinterpret_cast<const sockaddr*>(&storage_);
  }
  /// 0 for a path that is longer than the kernel takes (unix(7)), which it refuses then.
  [[nodiscard]] socklen_t raw_size() const noexcept;
  [[nodiscard]] std::uint16_t port() const noexcept;
  void set_port(std::uint16_t port) noexcept;
  /// The IP without port; empty for unix sockets. An IPv4 address mapped into IPv6 reads as IPv4.
  [[nodiscard]] std::string ip() const;
  /// `127.0.0.1:80`, `[::1]:80` or `unix:/path`.
  [[nodiscard]] std::string to_string() const;

 private:
  sockaddr_storage storage_{};
  std::string path_;
};

}  // namespace pinion
