// What the counters know of one queue, so that each change reaches them once and nothing stays
// behind.
//
// Threads: the worker's.
// Lifetime: beside the queue; set(0) before it goes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>

namespace pinion::proxy {

class QueueShare {
 public:
  /// @returns by how much the queue has changed since it was last told, in bytes
  std::int64_t set(std::size_t queued) noexcept {
    const std::size_t before = std::exchange(told_, queued);
    return static_cast<std::int64_t>(queued) - static_cast<std::int64_t>(before);
  }

 private:
  std::size_t told_ = 0;
};

}  // namespace pinion::proxy
