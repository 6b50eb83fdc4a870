// A number that one thread writes and any thread reads.
//
// Threads: add() and set() by the owning thread only, so no locked instruction is needed; value()
//   from anywhere, possibly a moment old.
#pragma once

#include <atomic>
#include <cstdint>

namespace pinion {

class Counter {
 public:
  void add(std::uint64_t by = 1) noexcept {
    value_.store(value_.load(std::memory_order_relaxed) + by, std::memory_order_relaxed);
  }
  void set(std::uint64_t to) noexcept { value_.store(to, std::memory_order_relaxed); }
  [[nodiscard]] std::uint64_t value() const noexcept {
    return value_.load(std::memory_order_relaxed);
  }

 private:
  std::atomic<std::uint64_t> value_{0};
};

}  // namespace pinion
