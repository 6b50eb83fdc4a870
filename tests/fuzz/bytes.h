// What all fuzz targets need: the input as text, cuts that depend on it, and properties that abort.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"

namespace pinion::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  // The empty input of libFuzzer may be a null pointer.
  return size == 0 ? std::string_view{}
                   : std::string_view{reinterpret_cast<const char*>(data), size};
}

/// Takes one byte from the front of the input, to steer the target; 0 when there is none left.
inline unsigned take_byte(std::string_view& input) {
  if (input.empty()) return 0;
  const auto byte = static_cast<unsigned char>(input.front());
  input.remove_prefix(1);
  return byte;
}

/// Sizes of pieces, the same sequence for the same seed.
class Cuts {
 public:
  explicit Cuts(unsigned seed) : state_(seed * 2654435761U + 1U) {}

  /// From 1 to 16.
  std::size_t next() {
    state_ = state_ * 1664525U + 1013904223U;
    return (state_ >> 28U) + 1U;
  }

 private:
  std::uint32_t state_;
};

}  // namespace pinion::fuzz
