#include "log/once_per.h"

#include <algorithm>
#include <utility>

namespace pinion::log {

std::optional<std::uint64_t> OncePer::admit(std::string_view key, TimePoint now) {
  const auto found = entries_.find(key);
  if (found == entries_.end()) {
    if (entries_.size() >= max_keys_) make_room();
    entries_.emplace(key, Entry{now});
    return 0;
  }
  Entry& entry = found->second;
  if (now - entry.said < interval_) {
    ++entry.held_back;
    return std::nullopt;
  }
  entry.said = now;
  return std::exchange(entry.held_back, 0);
}

void OncePer::make_room() {
  entries_.erase(
      std::ranges::min_element(entries_, {}, [](const auto& keyed) { return keyed.second.said; }));
}

}  // namespace pinion::log
