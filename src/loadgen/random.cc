#include "loadgen/random.h"

#include <fmt/format.h>

namespace pinion::loadgen {

std::string Random::uuid() {
  const std::uint32_t version = (bits() & 0x0FFFU) | 0x4000U;
  const std::uint32_t variant = (bits() & 0x3FFFU) | 0x8000U;
  return fmt::format("{:08x}-{:04x}-{:04x}-{:04x}-{:08x}{:04x}", bits(), bits() & 0xFFFFU, version,
                     variant, bits(), bits() & 0xFFFFU);
}

}  // namespace pinion::loadgen
