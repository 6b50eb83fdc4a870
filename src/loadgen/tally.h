// How often each of a few things has happened, in words.
//
// Threads: the loop's.
// Invariants: at most kMost different ones are kept; what comes after counts as "other".
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pinion::loadgen {

class Tally {
 public:
  static constexpr std::size_t kMost = 32;
  /// Words are cut to this many bytes: some come from the other side.
  static constexpr std::size_t kLongestWords = 120;

  void add(std::string_view words);
  [[nodiscard]] std::uint64_t total() const noexcept { return total_; }
  /// In the order in which they came first.
  [[nodiscard]] const std::vector<std::pair<std::string, std::uint64_t>>& counts() const noexcept {
    return counts_;
  }

 private:
  std::uint64_t total_ = 0;
  std::vector<std::pair<std::string, std::uint64_t>> counts_;
};

}  // namespace pinion::loadgen
