// Elements by index that are added while other threads use those that are there.
//
// Threads: grow() on one thread. An element may be used by whoever learnt of its index after it was
//   made, by a mutex or a mailbox; there is no lock here.
// Invariants: an element never moves and never goes before the whole.
#pragma once

#include <array>
#include <cstddef>
#include <memory>

#include "base/check.h"

namespace pinion {

template <class T, std::size_t kMost>
class GrowOnly {
 public:
  explicit GrowOnly(std::size_t size = 0) { grow(size); }

  /// Makes those that are missing up to `size` elements, at most kMost.
  void grow(std::size_t size) {
    PINION_CHECK(size <= kMost, "no more elements than there is room for");
    for (; size_ < size; ++size_) slots_[size_] = std::make_unique<T>();
  }
  [[nodiscard]] T& operator[](std::size_t index) noexcept { return *slots_[index]; }
  [[nodiscard]] const T& operator[](std::size_t index) const noexcept { return *slots_[index]; }

 private:
  std::array<std::unique_ptr<T>, kMost> slots_;
  std::size_t size_ = 0;
};

}  // namespace pinion
