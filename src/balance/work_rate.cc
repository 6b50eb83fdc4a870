#include "balance/work_rate.h"

#include <cmath>

namespace pinion::balance {

void WorkRate::sample(TimePoint now, const Traffic& total, std::uint64_t sessions) noexcept {
  const double seconds = to_seconds(now - at_);
  if (begun_ && seconds <= 0) return;
  if (begun_) {
    const double keep = std::exp(-seconds / to_seconds(kMemory));
    const auto mix = [keep](double& sum, double value) { sum = keep * sum + (1 - keep) * value; };
    const auto rate = [seconds](std::uint64_t before, std::uint64_t after) {
      return static_cast<double>(after - before) / seconds;
    };
    mix(sums_.frames_in, rate(total_.frames_in, total.frames_in));
    mix(sums_.frames_out, rate(total_.frames_out, total.frames_out));
    mix(sums_.bytes_in, rate(total_.bytes_in, total.bytes_in));
    mix(sums_.bytes_out, rate(total_.bytes_out, total.bytes_out));
    mix(sums_.requests, rate(total_.requests, total.requests));
    mix(sums_.sessions, static_cast<double>(sessions));
    mix(weight_, 1.0);
  }
  begun_ = true;
  at_ = now;
  total_ = total;
}

Rates WorkRate::rates() const noexcept {
  if (weight_ <= 0) return {};
  return {.frames_in = sums_.frames_in / weight_,
          .frames_out = sums_.frames_out / weight_,
          .bytes_in = sums_.bytes_in / weight_,
          .bytes_out = sums_.bytes_out / weight_,
          .requests = sums_.requests / weight_,
          .sessions = sums_.sessions / weight_};
}

}  // namespace pinion::balance
