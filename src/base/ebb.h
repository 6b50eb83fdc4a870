// Whether something has gone down so much that what was kept for its peak is worth giving back: to
// half of the most there was since the last time, by at least a given number, and it has stayed
// there for a second.
//
// Threads: belongs to its owner.
#pragma once

#include <algorithm>
#include <cstddef>

#include "base/clock.h"

namespace pinion {

class Ebb {
 public:
  static constexpr Duration kStays = std::chrono::seconds{1};

  /// @param worth by how much it has to have gone down
  explicit Ebb(std::size_t worth) noexcept : worth_(worth) {}

  /// @param level now @returns true once for each time that it has gone down
  bool update(std::size_t level, TimePoint now) noexcept {
    peak_ = std::max(peak_, level);
    if (level > peak_ / 2 || peak_ - level < worth_) {
      low_ = false;
      return false;
    }
    if (!low_) {
      low_ = true;
      low_since_ = now;
    }
    if (now - low_since_ < kStays) return false;
    peak_ = level;
    low_ = false;
    return true;
  }

 private:
  std::size_t worth_;
  std::size_t peak_ = 0;  // since it last went down
  bool low_ = false;      // without a break since low_since_
  TimePoint low_since_{};
};

}  // namespace pinion
