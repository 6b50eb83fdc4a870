#include "loadgen/tally.h"

#include <algorithm>

namespace pinion::loadgen {

void Tally::add(std::string_view words) {
  ++total_;
  words = words.substr(0, kLongestWords);
  for (const bool known_only : {false, true}) {
    const std::string_view wanted = known_only ? "other" : words;
    const auto found = std::ranges::find(
        counts_, wanted, [](const auto& one) -> std::string_view { return one.first; });
    if (found != counts_.end()) {
      ++found->second;
      return;
    }
    if (counts_.size() + 1 < kMost || known_only) {
      counts_.emplace_back(wanted, 1);
      return;
    }
  }
}

}  // namespace pinion::loadgen
