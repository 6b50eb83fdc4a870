#include "balance/probe_window.h"

#include <algorithm>
#include <utility>

namespace pinion::balance {
namespace {

// How many spreads beyond the middle a probe still counts as one that did not wait, and how wide a
// peak may be beside its middle: what is wider is no peak but the waits of a loop that is never
// idle. By trial against loops whose busy share is known (tests/bench/loop_share).
constexpr double kReach = 5.0;
constexpr double kWidest = 0.17;
// Of finding the peak; it settles within a few.
constexpr int kRounds = 50;
// No machine is steadier for long, in nanoseconds and beside the middle: a peak must not be so
// narrow that a small change of the machine leaves it.
constexpr double kLeastSpread = 20'000.0;
constexpr double kNarrowest = 0.04;
// A peak so many times as far as the fastest delay, or as what was calm before, is one of waits;
// near it are those within kNear, if there are some.
constexpr double kTooFar = 4.0;
constexpr double kNear = 2.0;
constexpr std::size_t kFew = 3;
constexpr std::size_t kEnough = 8;  // of them
// Of those that need not wait nine tenths are not so much faster than the middle one.
constexpr double kSteep = 0.8;
// So many calm delays tell where the peak is.
constexpr std::size_t kKnown = 32;
// So many samples are worth half a word.
constexpr double kHalfKnown = 8.0;
// A spread of this size hides half of what there is to see: pieces of work of about a millisecond.
constexpr double kHalfHidden = 1e6;
// Times that this process took itself contain its own delays.
constexpr double kInexact = 0.5;
// Without a peak, what is called waiting is little more than a guess.
constexpr double kNoPeak = 0.5;

double nanoseconds(Duration duration) noexcept { return static_cast<double>(duration.count()); }

}  // namespace

double ProbeWindow::Peak::reach() const noexcept { return middle + kReach * spread; }

void ProbeWindow::forget(TimePoint now) {
  while (!samples_.empty() && samples_.front().at + span_ < now) samples_.pop_front();
  while (!calm_.empty() && calm_.front().at + kRemembered < now) calm_.pop_front();
}

void ProbeWindow::add(TimePoint at, Duration delay, bool exact, Duration stands_for) {
  forget(at);
  fastest_.add(at, nanoseconds(delay));
  const bool had_to_wait =
      count({.at = at, .delay = delay, .stands_for = stands_for, .exact = exact, .sent = true});
  if (!peak_.found || had_to_wait) return;
  if (calm_.size() == kCalm) calm_.pop_front();
  calm_.push_back(samples_.back());
}

void ProbeWindow::add_unsent(TimePoint at, Duration left, bool exact, Duration stands_for) {
  forget(at);
  const Duration calm{static_cast<std::int64_t>(peak_.middle)};
  count({.at = at,
         .delay = std::max(left, calm),
         .stands_for = stands_for,
         .exact = exact,
         .sent = false});
}

// @returns whether it had to wait
bool ProbeWindow::count(const Sample& sample) {
  if (samples_.size() == kSamples) samples_.pop_front();
  samples_.push_back(sample);
  if (const std::size_t fresh = fresh_beyond_reach(); fresh > 0 && is_slower_pace(fresh)) {
    forget_all_but(fresh);
  }
  peak_ = find_peak();
  const bool had_to_wait = nanoseconds(sample.delay) > peak_.reach();
  tally_.add(to_seconds(sample.stands_for), had_to_wait);
  return had_to_wait;
}

std::size_t ProbeWindow::fresh_beyond_reach() const {
  if (calm_.size() < kKnown || !peak_.found) return 0;
  std::size_t fresh = 0;
  for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
    if (!sample->sent) continue;
    if (nanoseconds(sample->delay) <= peak_.reach()) return 0;
    ++fresh;
    if (fresh >= kFresh && samples_.back().at - sample->at >= kFreshFor) return fresh;
  }
  return 0;
}

// Waits from nothing to a piece of work, beside the same time for all, are told by their left end.
bool ProbeWindow::is_slower_pace(std::size_t fresh) const {
  std::vector<double> delays;
  delays.reserve(fresh);
  for (auto sample = samples_.rbegin(); delays.size() < fresh; ++sample) {
    if (sample->sent) delays.push_back(nanoseconds(sample->delay));
  }
  std::sort(delays.begin(), delays.end());
  const Peak peak = settle(delays, fresh);
  return peak.found && peak.middle <= kTooFar * peak_.middle &&
         4 * within(delays, peak) >= 3 * fresh && delays[fresh / 10] >= kSteep * peak.middle;
}

void ProbeWindow::forget_all_but(std::size_t fresh) {
  auto first = samples_.end();
  while (fresh > 0) fresh -= (--first)->sent ? 1U : 0U;
  samples_.erase(samples_.begin(), first);
  calm_.clear();
  fastest_ = {};
  for (const Sample& sample : samples_) {
    if (sample.sent) fastest_.add(sample.at, nanoseconds(sample.delay));
  }
}

// Begins with what was calm before, or else with everything, and keeps what is within reach until
// that changes nothing more.
ProbeWindow::Peak ProbeWindow::find_peak() const {
  std::vector<double> delays;
  delays.reserve(samples_.size() + calm_.size());
  for (const Sample& sample : calm_) delays.push_back(nanoseconds(sample.delay));
  std::sort(delays.begin(), delays.end());
  const std::size_t calm = delays.size();
  const bool known = calm >= kKnown;
  Peak peak = known ? peak_of(delays, calm) : Peak{};
  for (const Sample& sample : samples_) {
    // What an unsent one would have met when all was calm is made up from the peak.
    if (sample.sent || nanoseconds(sample.delay) > peak_.reach())
      delays.push_back(nanoseconds(sample.delay));
  }
  if (delays.empty()) return peak_;
  std::sort(delays.begin(), delays.end());
  peak = settle(delays, known ? within(delays, peak) : delays.size());
  if (peak.middle <= kTooFar * fastest_.get()) return peak;
  const Peak near{.middle = kNear * fastest_.get(), .spread = 0.0};
  const std::size_t near_count = within(delays, near);
  if (near_count < kFew) return peak;
  Peak nearer = settle(delays, near_count);
  // A few may be close together by chance, and are no reason to doubt what was calm for long.
  nearer.found = nearer.found && within(delays, nearer) >= kEnough;
  return known && !nearer.found ? peak : nearer;
}

ProbeWindow::Peak ProbeWindow::settle(const std::vector<double>& sorted,
                                      std::size_t count) noexcept {
  Peak peak;
  for (int round = 0; round < kRounds; ++round) {
    peak = peak_of(sorted, count);
    const std::size_t now_within = within(sorted, peak);
    if (now_within == count) break;
    count = now_within;
  }
  return peak;
}

void ProbeWindow::Fastest::add(TimePoint at, double delay) noexcept {
  if (at - since_ > kRemembered) {
    before_ = std::exchange(now_, std::numeric_limits<double>::infinity());
    since_ = at;
  }
  now_ = std::min(now_, delay);
}

std::size_t ProbeWindow::within(const std::vector<double>& sorted, const Peak& peak) noexcept {
  const auto end = std::upper_bound(sorted.begin(), sorted.end(), peak.reach());
  return std::max<std::size_t>(static_cast<std::size_t>(end - sorted.begin()), 1);
}

ProbeWindow::Peak ProbeWindow::peak_of(const std::vector<double>& sorted,
                                       std::size_t count) noexcept {
  Peak peak{.middle = sorted[count / 2], .spread = 0.0};
  // The distances on the left are sorted too, the other way round.
  peak.spread = peak.middle - sorted[count / 4];
  peak.found = peak.spread <= kWidest * peak.middle;
  peak.spread = std::min(peak.spread, kWidest * peak.middle);
  peak.spread = std::max({peak.spread, kNarrowest * peak.middle, kLeastSpread});
  return peak;
}

ProbeReading ProbeWindow::reading(TimePoint now) const {
  ProbeReading reading;
  // Also when nothing is recent: whoever learns from what was added must not get all of it anew.
  reading.tally = tally_;
  BusyTally recent;
  std::size_t total = 0;
  std::size_t exact = 0;
  double newest_wait = 0.0;
  for (auto sample = samples_.rbegin(); sample != samples_.rend(); ++sample) {
    if (sample->at + span_ < now) break;
    const double delay = nanoseconds(sample->delay);
    const bool had_to_wait = delay > peak_.reach();
    if (total < kNewest && had_to_wait) newest_wait += delay - peak_.middle;
    ++total;
    exact += sample->exact ? 1 : 0;
    recent.add(to_seconds(sample->stands_for), had_to_wait);
  }
  if (total == 0) return reading;
  reading.busy_share = recent.share();
  const double newest = static_cast<double>(std::min(total, kNewest));
  reading.wait = Duration{static_cast<std::int64_t>(newest_wait / newest)};
  reading.baseline = Duration{static_cast<std::int64_t>(peak_.middle)};
  reading.latency = samples_.back().delay;
  const double exactness =
      kInexact + (1.0 - kInexact) * static_cast<double>(exact) / static_cast<double>(total);
  const double count = recent.worth();
  reading.confidence =
      exactness * count / (count + kHalfKnown) * kHalfHidden / (kHalfHidden + peak_.spread);
  if (!peak_.found) reading.confidence *= kNoPeak;
  reading.samples = static_cast<std::uint32_t>(total);
  reading.at = samples_.back().at;
  return reading;
}

}  // namespace pinion::balance
