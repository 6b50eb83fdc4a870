// What the kernel knows of a TCP connection.
// Threads: pure function over a descriptor.
#pragma once

#include <cstdint>
#include <optional>

namespace pinion::uv {

/// Bytes that the peer's kernel has acknowledged (RFC 4898, tcpEStatsAppHCThruOctetsAcked), the SYN
/// as one; nothing when the descriptor is not TCP.
std::optional<std::uint64_t> bytes_acknowledged(int descriptor) noexcept;

}  // namespace pinion::uv
