// Whether something is above its limit, without wavering: entered at the limit, left once it has
// been at or below 80 % of it for two seconds.
//
// Threads: belongs to its owner.
#pragma once

#include "base/clock.h"

namespace pinion {

class Hysteresis {
 public:
  static constexpr double kLeaveAt = 0.8;
  static constexpr Duration kLeaveAfter = std::chrono::seconds{2};

  /// @param used how much of the limit is used now; 1: all of it @returns whether it is above
  bool update(double used, TimePoint now) noexcept {
    if (used >= 1.0) {
      above_ = true;
      low_ = false;
    } else if (used > kLeaveAt) {
      low_ = false;
    } else if (!low_) {
      low_ = true;
      low_since_ = now;
    }
    if (above_ && low_ && now - low_since_ >= kLeaveAfter) above_ = false;
    return above_;
  }
  [[nodiscard]] bool above() const noexcept { return above_; }

 private:
  bool above_ = false;
  bool low_ = false;  // at or below kLeaveAt, without a break since low_since_
  TimePoint low_since_{};
};

}  // namespace pinion
