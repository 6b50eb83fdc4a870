#include "balance/cost_learner.h"

#include <algorithm>
#include <cmath>

namespace pinion::balance {

namespace {

constexpr double kSlowMemory = 60;  // seconds
constexpr double kFastMemory = 6;   // seconds
// Of what is learnt no more, since it has nothing to do.
constexpr double kIdleMemory = 120;  // seconds
// Busy shares, seen or to be expected from the work: up to the one probes tell nothing but noise,
// from the other on time counts in full.
constexpr double kIdle = 0.05;
constexpr double kBusyEnough = 0.2;
constexpr double kChance = 3;  // standard errors that chance may explain
// Samples of the last seconds that say something, and standard errors that are left to chance.
constexpr double kEnoughSamples = 8;
constexpr double kLately = 1;  // seconds of them that are left
constexpr double kDoubt = 2;
constexpr double kLeastChange = 0.25;  // of the cost; less is left to the slow memory
constexpr double kChangeLasts = 2;     // seconds

}  // namespace

void CostLearner::Memory::add(double seconds, const Evidence& evidence, double lasts) noexcept {
  fade(std::exp(-seconds / lasts));
  time += seconds;
  work += evidence.work;
  samples = samples + evidence.samples;
}

void CostLearner::Memory::fade(double keep) noexcept {
  time *= keep;
  work *= keep;
  samples = samples * keep;
}

void CostLearner::learn(Duration time, const Evidence& evidence) noexcept {
  const double part = std::clamp((evidence.load - kIdle) / (kBusyEnough - kIdle), 0.0, 1.0);
  const double idle = to_seconds(time) * (1 - part);
  slow_.fade(std::exp(-idle / kIdleMemory));
  fast_.fade(std::exp(-idle / kFastMemory));
  if (part <= 0) return;
  const double seconds = to_seconds(time) * part;
  Evidence weighed = evidence;
  weighed.work *= part;
  weighed.samples = weighed.samples * part;
  slow_.add(seconds, weighed, kSlowMemory);
  fast_.add(seconds, weighed, kFastMemory);
  if (fast_.work <= 0) return;
  // What the last seconds would have been at the cost that was learnt.
  const double expected = std::min(slow_.cost() * fast_.work / fast_.time, 1.0);
  const double difference = std::abs(fast_.samples.share() - expected);
  const bool differs = difference > kChance * fast_.samples.standard_error(expected) &&
                       difference > kLeastChange * expected;
  differs_for_ = differs ? differs_for_ + to_seconds(time) : 0;
  if (differs_for_ >= kChangeLasts) slow_ = fast_;
}

double CostLearner::surely_busy() const noexcept {
  if (fast_.time < kLately || fast_.samples.worth() < kEnoughSamples) return 0;
  const double share = fast_.samples.share();
  return std::max(0.0, share - kDoubt * fast_.samples.standard_error(share));
}

double CostLearner::certainty_against(double other) const noexcept {
  if (!knows()) return 0;
  const double share = slow_.samples.share();
  const double expected = other * slow_.work / slow_.time;
  const double errors = (share - expected) / slow_.samples.standard_error(share);
  return errors * errors / (1 + errors * errors);
}

}  // namespace pinion::balance
