#include "health/probe_schedule.h"

#include <algorithm>

namespace pinion::health {

Duration ProbeSchedule::mean(const balance::ProbeReading& reading) const noexcept {
  const bool first = reading.tally.worth() < kFirst;
  const double sure = std::min(reading.confidence / kSureEnough, 1.0);
  const double faster = 1.0 + (kFaster - 1) * reading.busy_share * sure;
  const Duration wanted{
      first ? 0 : static_cast<std::int64_t>(static_cast<double>(interval_.count()) / faster)};
  const Duration least = std::max({first ? Duration{kFirstMean} : Duration{kLeastMean},
                                   kShare * reading.baseline, 2 * reading.wait});
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
