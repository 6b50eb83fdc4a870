#include "config/cidr.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>

#include "base/ascii.h"
#include "config/error.h"

namespace pinion::config {
namespace {

constexpr int kIpv4Bits = 32;
constexpr int kIpv6Bits = 128;
constexpr int kMappedBits = kIpv6Bits - kIpv4Bits;

int bits_of(const Cidr& cidr) { return cidr.ipv6 ? kIpv6Bits : kIpv4Bits; }

/// An address as a network of its own, or nothing. A zone ("%eth0") does not count.
std::optional<Cidr> parse_single(std::string_view text) {
  const std::string host(text.substr(0, text.find('%')));
  Cidr cidr;
  if (inet_pton(AF_INET, host.c_str(), cidr.address) == 1) {
    cidr.prefix = kIpv4Bits;
    return cidr;
  }
  cidr.ipv6 = true;
  cidr.prefix = kIpv6Bits;
  if (inet_pton(AF_INET6, host.c_str(), cidr.address) != 1) return std::nullopt;
  return cidr;
}

/// IPv4 behind ::ffff:0:0/96 as plain IPv4; everything else as it is.
Cidr unmapped(const Cidr& cidr) {
  constexpr std::array<std::uint8_t, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  const bool mapped = std::equal(kMapped.begin(), kMapped.end(), cidr.address);
  if (!cidr.ipv6 || !mapped || cidr.prefix < kMappedBits) return cidr;
  Cidr plain;
  plain.prefix = cidr.prefix - kMappedBits;
  std::memcpy(plain.address, cidr.address + kMapped.size(), 4);
  return plain;
}

std::uint8_t mask_of(int prefix, int byte) {
  const int bits = std::clamp(prefix - byte * 8, 0, 8);
  return static_cast<std::uint8_t>(0xff00U >> static_cast<unsigned>(bits));
}

Cidr masked(Cidr cidr) {
  for (int byte = 0; byte < bits_of(cidr) / 8; ++byte) {
    cidr.address[byte] = static_cast<std::uint8_t>(cidr.address[byte] & mask_of(cidr.prefix, byte));
  }
  return cidr;
}

bool contains(const Cidr& network, const Cidr& peer) {
  if (network.unix_peers || network.ipv6 != peer.ipv6) return false;
  Cidr wide = peer;
  wide.prefix = network.prefix;
  return masked(wide) == network;
}

}  // namespace

std::expected<Cidr, std::string> parse_cidr(std::string_view text) {
  if (text == "unix:") return Cidr{.unix_peers = true};
  const auto slash = text.find('/');
  auto cidr = parse_single(text.substr(0, slash));
  if (!cidr || text.find('%') != std::string_view::npos) {
    return std::unexpected(in_quotes(text) +
                           " is no network, write an IP address, one with a prefix length such as "
                           "\"10.0.0.0/8\", or \"unix:\"");
  }
  if (slash == std::string_view::npos) return unmapped(*cidr);
  const auto prefix = parse_decimal(text.substr(slash + 1));
  if (!prefix || *prefix > static_cast<std::uint64_t>(bits_of(*cidr))) {
    return std::unexpected(
        fmt::format("{} needs a prefix length from 0 to {}", in_quotes(text), bits_of(*cidr)));
  }
  cidr->prefix = static_cast<int>(*prefix);
  if (masked(*cidr) != *cidr) {
    return std::unexpected(fmt::format("{} has bits set behind its prefix, write {}",
                                       in_quotes(text), in_quotes(to_text(masked(*cidr)))));
  }
  return unmapped(*cidr);
}

std::string to_text(const Cidr& cidr) {
  if (cidr.unix_peers) return "unix:";
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = cidr.ipv6 ? AF_INET6 : AF_INET;
  if (inet_ntop(family, cidr.address, text.data(), text.size()) == nullptr) return {};
  return fmt::format("{}/{}", text.data(), cidr.prefix);
}

bool trusted(const std::vector<Cidr>& networks, std::string_view peer_ip) {
  if (networks.empty()) return false;
  if (peer_ip.empty()) {
    return std::any_of(networks.begin(), networks.end(),
                       [](const Cidr& network) { return network.unix_peers; });
  }
  const auto peer = parse_single(peer_ip);
  if (!peer) return false;
  return std::any_of(
      networks.begin(), networks.end(),
      [plain = unmapped(*peer)](const Cidr& network) { return contains(network, plain); });
}

}  // namespace pinion::config
