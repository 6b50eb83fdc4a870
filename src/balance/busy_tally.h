// How often an event loop was found busy, by those who came to it at times that it did not choose.
//
// Threads: a value.
#pragma once

#include <algorithm>
#include <cmath>

namespace pinion::balance {

/// All samples so far, or those of a while, each by the time that it stands for: the mean time
/// between samples when it was drawn, since a busy loop is asked more often than an idle one.
struct BusyTally {
  double seconds = 0;  // that they stand for
  double busy = 0;     // of these, where they had to wait
  double squares = 0;  // of each one's seconds

  void add(double stands_for, bool had_to_wait) noexcept {
    seconds += stands_for;
    busy += had_to_wait ? stands_for : 0;
    squares += stands_for * stands_for;
  }
  /// 0 to 1: the share of time in which the loop was busy.
  [[nodiscard]] double share() const noexcept { return seconds > 0 ? busy / seconds : 0; }
  /// How many equal samples would tell as much.
  [[nodiscard]] double worth() const noexcept {
    return squares > 0 ? seconds * seconds / squares : 0;
  }
  /// How far a share of `share` may be off by chance, as one of so many yes-or-no answers; never 0,
  /// as none of a few says little.
  [[nodiscard]] double standard_error(double share) const noexcept {
    const double n = std::max(worth(), 1.0);
    return std::sqrt((share + 1 / n) * (1 - share + 1 / n) / n);
  }

  /// The same samples, each standing for so many times as much.
  friend BusyTally operator*(const BusyTally& a, double times) noexcept {
    return {a.seconds * times, a.busy * times, a.squares * times * times};
  }
  friend BusyTally operator+(const BusyTally& a, const BusyTally& b) noexcept {
    return {a.seconds + b.seconds, a.busy + b.busy, a.squares + b.squares};
  }
  friend BusyTally operator-(const BusyTally& a, const BusyTally& b) noexcept {
    return {a.seconds - b.seconds, a.busy - b.busy, a.squares - b.squares};
  }
};

}  // namespace pinion::balance
