// A place in a text file, as editors count it.
// Threads: a value.
#pragma once

#include <compare>
#include <cstdint>

namespace pinion::config {

struct Position {
  std::uint32_t line = 0;    // from 1; 0: no place in particular
  std::uint32_t column = 0;  // from 1, in characters

  auto operator<=>(const Position&) const = default;
};

}  // namespace pinion::config
