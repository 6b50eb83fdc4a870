// Learns how long a backend's event loop is busy for a unit of work: its busy share over its work
// rate, both decaying. A process that is three times slower is told from its peers by that alone.
//
// Threads: one thread's.
// Lifetime: as long as the backend is watched.
// Invariants: an idle backend teaches nothing, so what was learnt while it was busy stays for some
//   minutes; then it is taken for one like the others, since one that seems slow gets no work, and
//   could never show that it is not, or not any more. When what the last seconds say differs from
//   what was learnt by more than chance does, the old is dropped: a new speed is known within 30 s.
#pragma once

#include <cstdint>

#include "balance/busy_tally.h"
#include "base/clock.h"

namespace pinion::balance {

class CostLearner {
 public:
  struct Evidence {
    double work = 0;    // units that were done
    BusyTally samples;  // of its event loop
    double load = 0;    // 0 to 1: how busy it is about now, so how much is to be learnt from it
  };
  /// What was so for this long.
  void learn(Duration time, const Evidence& evidence) noexcept;
  void forget() noexcept { *this = {}; }

  /// Busy seconds a unit; 0: not learnt.
  [[nodiscard]] double cost() const noexcept { return knows() ? slow_.cost() : 0; }
  /// The units that this was learnt from, the older the less; what is to be given that weight.
  [[nodiscard]] double work() const noexcept { return slow_.work; }
  /// 0 to 1: how certain it is that the cost is not `other`, 0.5 at one standard error.
  [[nodiscard]] double certainty_against(double other) const noexcept;
  /// 0 to 1: the least busy share that the samples of the last seconds leave room for.
  [[nodiscard]] double surely_busy() const noexcept;

 private:
  // A burst after silence says little; and where hardly anything passes, a busy share is the noise
  // of the machine, or work that has nothing to do with sessions.
  static constexpr double kEnoughTime = 3;   // seconds
  static constexpr double kEnoughWork = 20;  // units
  [[nodiscard]] bool knows() const noexcept {
    return slow_.time >= kEnoughTime && slow_.work >= kEnoughWork && slow_.samples.seconds > 0;
  }

  struct Memory {
    double time = 0, work = 0;
    BusyTally samples;

    void add(double seconds, const Evidence& evidence, double lasts) noexcept;
    void fade(double keep) noexcept;
    [[nodiscard]] double cost() const noexcept {
      return work > 0 ? samples.share() * time / work : 0;
    }
  };

  Memory slow_, fast_;
  double differs_for_ = 0;  // seconds
};

}  // namespace pinion::balance
