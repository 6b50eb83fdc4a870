// Numbers that the same seed gives again.
//
// Threads: the loop's.
#pragma once

#include <cstdint>
#include <random>
#include <string>

namespace pinion::loadgen {

class Random {
 public:
  explicit Random(std::uint64_t seed) noexcept : engine_(seed) {}

  std::uint32_t bits() noexcept { return static_cast<std::uint32_t>(engine_() >> 32U); }
  /// From 0 up to, and not including, 1.
  double share() noexcept { return bits() * 0x1p-32; }
  /// A UUID of version 4 (RFC 4122, 4.4).
  std::string uuid();

 private:
  std::mt19937_64 engine_;
};

}  // namespace pinion::loadgen
