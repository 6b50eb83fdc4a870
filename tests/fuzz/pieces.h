// Feeds an input in pieces, each in memory of its own, so that a sanitizer sees a read past its
// end.
#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "bytes.h"

namespace pinion::fuzz {

template <typename NextSize, typename Take>
void in_pieces(std::string_view input, NextSize next_size, Take take) {
  while (!input.empty()) {
    const std::string_view front = input.substr(0, next_size());
    const std::vector<char> piece(front.begin(), front.end());
    take(std::string_view{piece.data(), piece.size()});
    input.remove_prefix(front.size());
  }
}

/// What `read(next_size)` finds must not depend on how the input is cut. @returns what it finds
template <typename Read>
auto same_however_cut(std::string_view input, unsigned seed, Read read) {
  auto whole = read([&] { return input.size(); });
  PINION_CHECK(read([] { return std::size_t{1}; }) == whole, "bytewise is the same");
  Cuts cuts{seed};
  PINION_CHECK(read([&] { return cuts.next(); }) == whole, "cuts change nothing");
  return whole;
}

}  // namespace pinion::fuzz
