#include "balance/cost_learner.h"

#include <algorithm>
#include <cmath>

namespace pinion::balance {

namespace {

constexpr double kSlowMemory = 60;  // seconds
constexpr double kFastMemory = 6;   // seconds
// Busy shares, seen or to be expected from the work: up to the one probes tell nothing but noise,
// from the other on time counts in full.
constexpr double kIdle = 0.05;
constexpr double kBusyEnough = 0.2;
constexpr double kChance = 3;          // standard errors that chance may explain
constexpr double kLeastChange = 0.25;  // of the cost; less is left to the slow memory
constexpr double kChangeLasts = 2;     // seconds

// Of a share that `samples` yes-or-no answers gave; never 0, as none of a few says little.
double standard_error(double share, double samples) noexcept {
  const double n = std::max(samples, 1.0);
  return std::sqrt((share + 1 / n) * (1 - share + 1 / n) / n);
}

}  // namespace

void CostLearner::Memory::add(double seconds, const Evidence& evidence, double lasts) noexcept {
  const double keep = std::exp(-seconds / lasts);
  busy = keep * busy + seconds * evidence.busy_share;
  work = keep * work + seconds * evidence.work_rate;
  time = keep * time + seconds;
}

void CostLearner::learn(Duration time, const Evidence& evidence) noexcept {
  if (evidence.samples == 0) return;
  const double load = std::max(evidence.busy_share, evidence.usual_cost * evidence.work_rate);
  const double seconds =
      to_seconds(time) * std::clamp((load - kIdle) / (kBusyEnough - kIdle), 0.0, 1.0);
  if (seconds <= 0) return;
  slow_.add(seconds, evidence, kSlowMemory);
  fast_.add(seconds, evidence, kFastMemory);
  samples_ = evidence.samples;
  if (fast_.work <= 0) return;
  // What the last seconds would have been at the cost that was learnt.
  const double seen = fast_.busy / fast_.time;
  const double expected = std::min(slow_.cost() * fast_.work / fast_.time, 1.0);
  const double difference = std::abs(seen - expected);
  const bool differs = difference > kChance * standard_error(expected, samples_) &&
                       difference > kLeastChange * expected;
  differs_for_ = differs ? differs_for_ + to_seconds(time) : 0;
  if (differs_for_ >= kChangeLasts) slow_ = fast_;
}

double CostLearner::certainty_against(double other) const noexcept {
  if (!knows()) return 0;
  const double share = std::min(slow_.busy / slow_.time, 1.0);
  const double expected = other * slow_.work / slow_.time;
  const double errors = (share - expected) / standard_error(share, samples_);
  return errors * errors / (1 + errors * errors);
}

}  // namespace pinion::balance
