#include "balance/request_samples.h"

#include <algorithm>

namespace pinion::balance {

void RequestSamples::add(const RequestSample& sample) {
  totals_[static_cast<std::size_t>(sample.kind)].fetch_add(1, std::memory_order_relaxed);
  const std::lock_guard lock(mutex_);
  if (held_.size() < kHeld) {
    held_.push_back(sample);
    return;
  }
  held_[oldest_] = sample;
  oldest_ = (oldest_ + 1) % kHeld;
}

std::vector<RequestSample> RequestSamples::take() {
  std::vector<RequestSample> taken;
  const std::lock_guard lock(mutex_);
  taken.swap(held_);
  std::ranges::rotate(taken, taken.begin() + static_cast<std::ptrdiff_t>(oldest_));
  oldest_ = 0;
  return taken;
}

}  // namespace pinion::balance
