// The ways in which the network may cut a stretch of bytes: parsers must not notice which it was.
//
// Threads: pure functions. Lifetime: the pieces are views into the input.
#pragma once

#include <algorithm>
#include <random>
#include <string_view>
#include <vector>

namespace pinion::test {

/// Random numbers that are the same in every run, so that what fails once fails again.
inline std::mt19937 repeatable(unsigned seed) { return std::mt19937{seed}; }

using Pieces = std::vector<std::string_view>;

/// Cut at random; the pieces are mostly short, sometimes empty.
inline Pieces random_split(std::string_view input, std::mt19937& random) {
  Pieces pieces;
  while (!input.empty()) {
    const std::size_t longest = random() % 4 == 0 ? 64 : 6;
    const auto size = std::min<std::size_t>(random() % longest, input.size());
    pieces.push_back(input.substr(0, size));
    input.remove_prefix(size);
  }
  return pieces;
}

/// Whole, byte by byte, in two at each place of a short input, and at random.
inline std::vector<Pieces> splits(std::string_view input, std::mt19937& random) {
  std::vector<Pieces> all{{input}, {}};
  for (std::size_t i = 0; i < input.size(); ++i) all[1].push_back(input.substr(i, 1));
  if (input.size() <= 300) {
    for (std::size_t i = 1; i < input.size(); ++i) {
      all.push_back({input.substr(0, i), input.substr(i)});
    }
  }
  for (int i = 0; i < 8; ++i) all.push_back(random_split(input, random));
  return all;
}

}  // namespace pinion::test
