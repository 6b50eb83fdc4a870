#include "balance/request_evidence.h"

#include <algorithm>
#include <cmath>
#include <utility>

namespace pinion::balance {
namespace {

// Of one gap in the average.
constexpr double kGapShare = 1.0 / 16;
// Without a peak a window's confidence stays below this, and with one it takes a dozen samples.
constexpr double kSureEnough = 0.28;
// A bias that a comparison may have missed, since it is another one at another load.
constexpr double kMissedBias = 0.03;

double squared(double x) noexcept { return x * x; }

}  // namespace

void RequestEvidence::add(const RequestSample& sample) {
  Kind& kind = kinds_[static_cast<std::size_t>(sample.kind)];
  const bool first = kind.last == TimePoint{};
  const double gap =
      to_seconds(std::clamp(sample.sent - kind.last, RequestSamples::kLeastGap, kMostGap));
  kind.last = std::max(kind.last, sample.sent);
  if (first) return;  // nobody knows what it stands for
  kind.gap = kind.gap > 0 ? kind.gap + kGapShare * (gap - kind.gap) : gap;
  const auto stands_for = Duration{static_cast<std::int64_t>(1e9 * kind.gap)};
  kind.window.add(sample.sent, sample.took, false, stands_for);
  const ProbeReading reading = kind.window.reading(sample.sent);
  const BusyTally news = reading.tally - std::exchange(kind.told, reading.tally);
  if (reading.confidence >= kSureEnough) news_ = news_ + news;
}

BusyTally RequestEvidence::join(Duration time, const BusyTally& probes, TimePoint now) noexcept {
  const BusyTally news = std::exchange(news_, {});
  const auto recent = [now](const Kind& kind) {
    return kind.last != TimePoint{} && now - kind.last <= kMostGap;
  };
  const double keep = std::exp(-to_seconds(time) / to_seconds(kMemory));
  requests_ = requests_ * keep;
  probes_ = probes_ * keep;
  // Compared are the same times: in others the loop may have been another one.
  recent_ = std::ranges::any_of(kinds_, recent);
  if (!recent_) return probes;
  requests_ = requests_ + news;
  probes_ = probes_ + probes;
  return probes + news * weight();
}

double RequestEvidence::weight() const noexcept {
  if (!knows()) return 0;
  const double probed = squared(probes_.standard_error(probes_.share()));
  const double requested = squared(requests_.standard_error(requests_.share()));
  const double difference = squared(requests_.share() - probes_.share());
  const double bias = std::max(0.0, difference - probed - requested);
  return std::min(kMost, probed / (requested + bias + squared(kMissedBias)));
}

}  // namespace pinion::balance
