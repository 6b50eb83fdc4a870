#include "health/probe_schedule.h"

#include <algorithm>

namespace pinion::health {

Duration ProbeSchedule::mean(const balance::ProbeReading& reading) const noexcept {
  const bool first = learns_ && gone_out_ < kFirst && reading.tally.worth() < kFirst;
  const double sure = std::min(reading.confidence / kSureEnough, 1.0);
  const double busy = learns_ ? reading.busy_share * sure : 0;
  const double faster = first ? kFirstFaster : 1.0 + (kFaster - 1) * busy;
  const Duration wanted{static_cast<std::int64_t>(static_cast<double>(interval_.count()) / faster)};
  const Duration least_mean = first ? kFirstMean : kLeastMean;
  const Duration least = std::max({least_mean, kShare * reading.baseline, 2 * reading.wait});
  // What is configured is never exceeded in either direction.
  return std::min(interval_, std::max(wanted, least));
}

Duration ProbeSchedule::draw(const balance::ProbeReading& reading, std::mt19937& random) const {
  const Duration mean_time = mean(reading);
  std::exponential_distribution<double> exponential(1.0);
  const Duration drawn{
      static_cast<std::int64_t>(exponential(random) * static_cast<double>(mean_time.count()))};
  return std::clamp(drawn, Duration{kShortest}, kLongest * mean_time);
}

}  // namespace pinion::health
