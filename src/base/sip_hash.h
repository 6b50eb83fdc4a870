// SipHash-2-4 (Aumasson and Bernstein, 2012): hashes of words that strangers choose, of which they
// cannot make many that collide, since they do not know the key.
//
// Threads: pure functions and values.
#pragma once

#include <cstdint>
#include <string_view>

namespace pinion {

struct SipKey {
  std::uint64_t low = 0, high = 0;

  /// One that nobody knows.
  static SipKey random();
};

std::uint64_t sip_hash(SipKey key, std::string_view text) noexcept;

}  // namespace pinion
