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
constexpr double kChance = 3;  // standard errors that chance may explain
// Probes of the last seconds that say something, and standard errors that are left to chance.
constexpr double kEnoughProbes = 8;
constexpr double kDoubt = 2;
constexpr double kLeastChange = 0.25;  // of the cost; less is left to the slow memory
constexpr double kChangeLasts = 2;     // seconds

}  // namespace

void CostLearner::Memory::add(double seconds, const Evidence& evidence, double lasts) noexcept {
  const double keep = std::exp(-seconds / lasts);
  const auto mix = [keep](double& sum, double news) { sum = keep * sum + news; };
  mix(time, seconds);
  mix(work, evidence.work);
  mix(probes.seconds, evidence.probes.seconds);
  mix(probes.busy, evidence.probes.busy);
  probes.squares = keep * keep * probes.squares + evidence.probes.squares;
}

double CostLearner::Memory::busy_share() const noexcept {
  return probes.seconds > 0 ? probes.busy / probes.seconds : 0;
}

// Of a share that so many yes-or-no answers gave; never 0, as none of a few says little.
double CostLearner::Memory::standard_error(double share) const noexcept {
  const double n = std::max(probes.worth(), 1.0);
  return std::sqrt((share + 1 / n) * (1 - share + 1 / n) / n);
}

void CostLearner::learn(Duration time, const Evidence& evidence) noexcept {
  const double part = std::clamp((evidence.load - kIdle) / (kBusyEnough - kIdle), 0.0, 1.0);
  if (part <= 0) return;
  const double seconds = to_seconds(time) * part;
  Evidence weighed = evidence;
  weighed.work *= part;
  weighed.probes.seconds *= part;
  weighed.probes.busy *= part;
  weighed.probes.squares *= part * part;
  slow_.add(seconds, weighed, kSlowMemory);
  fast_.add(seconds, weighed, kFastMemory);
  if (fast_.work <= 0) return;
  // What the last seconds would have been at the cost that was learnt.
  const double expected = std::min(slow_.cost() * fast_.work / fast_.time, 1.0);
  const double difference = std::abs(fast_.busy_share() - expected);
  const bool differs =
      difference > kChance * fast_.standard_error(expected) && difference > kLeastChange * expected;
  differs_for_ = differs ? differs_for_ + to_seconds(time) : 0;
  if (differs_for_ >= kChangeLasts) slow_ = fast_;
}

double CostLearner::surely_busy() const noexcept {
  if (fast_.probes.worth() < kEnoughProbes) return 0;
  const double share = fast_.busy_share();
  return std::max(0.0, share - kDoubt * fast_.standard_error(share));
}

double CostLearner::certainty_against(double other) const noexcept {
  if (!knows()) return 0;
  const double share = slow_.busy_share();
  const double expected = other * slow_.work / slow_.time;
  const double errors = (share - expected) / slow_.standard_error(share);
  return errors * errors / (1 + errors * errors);
}

}  // namespace pinion::balance
