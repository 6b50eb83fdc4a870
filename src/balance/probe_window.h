// From how long probes took to how busy an event loop is.
//
// Probes that meet an idle loop take about as long as one another; those that meet a busy one wait
// for its present piece of work, and for all that is queued. So the delays are a narrow peak with a
// long tail. The peak is found anew with each sample (its middle, and its spread on the left side,
// where there is no wait): what is beyond its reach has waited. Nothing is a fixed threshold, since
// an idle loop takes 0.1 ms on one machine and 5 ms on the way to another. A peak far from the
// fastest delay that is remembered is one of waits: then what is near the fastest is looked at.
//
// When all of the newest probes lie close together somewhere beyond that reach, but not far, the
// machine has become slower: the waits of a loop that is never idle are spread wide, or, when a
// long queue hardly changes, are far. Then the past counts no more.
//
// A wait shorter than that reach is not seen, and noise longer than it is taken for one. Both are
// small where pieces of work are of about a millisecond or more.
//
// Threads: one at a time. Pure: takes time as a parameter.
// Invariants: bounded by kSamples and kCalm; what is older than the span counts no more. The peak
//   is remembered for kRemembered, so that a loop that is never idle is not taken for one that is.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <limits>
#include <vector>

#include "balance/probe_reading.h"

namespace pinion::balance {

class ProbeWindow {
 public:
  static constexpr std::size_t kSamples = 128;
  /// Delays of probes that did not wait, which the peak is known by.
  static constexpr std::size_t kCalm = 64;
  static constexpr Duration kRemembered = std::chrono::minutes{10};
  /// So many probes at least, and for so long, tell that all has become slower.
  static constexpr std::size_t kFresh = 24;
  static constexpr Duration kFreshFor = std::chrono::seconds{9};
  /// The mean wait is that of so many samples.
  static constexpr std::size_t kNewest = 8;

  /// @param span how long a sample counts
  explicit ProbeWindow(Duration span) : span_(span) {}

  /// A probe that went out at `at` was answered after `delay`. Must not be told of probes that went
  /// out for a reason, or had to connect first.
  /// @param exact the kernel took the times, not this process
  /// @param stands_for the mean time between probes when it was drawn
  void add(TimePoint at, Duration delay, bool exact, Duration stands_for);
  /// One would have gone out at `at`, while another was waiting that was answered `left` later. It
  /// would have waited as long, or have met a loop that was done and an answer on its way.
  void add_unsent(TimePoint at, Duration left, bool exact, Duration stands_for);

  /// All that is known by now.
  [[nodiscard]] ProbeReading reading(TimePoint now) const;

 private:
  struct Sample {
    TimePoint at{};
    Duration delay{};
    Duration stands_for{};
    bool exact = false;
    bool sent = true;
  };
  /// Where probes lie that need not wait.
  struct Peak {
    double middle = 0.0;  // ns
    double spread = 0.0;  // ns: half of those on its left are nearer than this
    bool found = false;   // it is one, and not the waits of a loop that is never idle
    [[nodiscard]] double reach() const noexcept;
  };

  /// The fastest delay of the last kRemembered, or a little longer.
  class Fastest {
   public:
    void add(TimePoint at, double delay) noexcept;
    [[nodiscard]] double get() const noexcept { return std::min(now_, before_); }

   private:
    TimePoint since_{};
    double now_ = std::numeric_limits<double>::infinity();
    double before_ = std::numeric_limits<double>::infinity();
  };

  bool count(const Sample& sample);
  void forget(TimePoint now);
  /// Those of the newest sent ones that tell whether all has become slower; 0: they do not.
  [[nodiscard]] std::size_t fresh_beyond_reach() const;
  [[nodiscard]] bool is_slower_pace(std::size_t fresh) const;
  void forget_all_but(std::size_t fresh);
  [[nodiscard]] Peak find_peak() const;
  /// Of the first `count` delays.
  static Peak peak_of(const std::vector<double>& sorted, std::size_t count) noexcept;
  /// The peak around which the first `count` delays lie, and what else is within its reach.
  static Peak settle(const std::vector<double>& sorted, std::size_t count) noexcept;
  /// How many delays are within the peak's reach.
  static std::size_t within(const std::vector<double>& sorted, const Peak& peak) noexcept;

  Duration span_;
  std::deque<Sample> samples_;
  std::deque<Sample> calm_;
  Fastest fastest_;
  Peak peak_;
  BusyTally tally_;
};

}  // namespace pinion::balance
