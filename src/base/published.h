// A small value that one thread writes and any thread reads, without a lock (a sequence lock).
//
// Threads: set() on one thread at a time; get() on any. A reader that meets a write in progress
//   reads again, which takes some nanoseconds.
// Invariants: get() gives a value that was set as a whole, never parts of two.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

namespace pinion {

template <typename Value>
  requires std::is_trivially_copyable_v<Value> && std::is_default_constructible_v<Value>
class Published {
 public:
  Published() noexcept { set(Value{}); }

  void set(const Value& value) noexcept {
    std::array<std::uint64_t, kWords> words{};
    std::memcpy(words.data(), &value, sizeof(Value));
    const std::uint32_t turn = turn_.load(std::memory_order_relaxed);
    turn_.store(turn + 1, std::memory_order_relaxed);
    // A reader that sees one of these words sees the odd turn too.
    for (std::size_t i = 0; i < kWords; ++i) words_[i].store(words[i], std::memory_order_release);
    turn_.store(turn + 2, std::memory_order_release);
  }

  [[nodiscard]] Value get() const noexcept {
    Value value;
    while (true) {
      const std::uint32_t before = turn_.load(std::memory_order_acquire);
      // Word by word into its place: a copy of a copy makes the processor wait for its own stores.
      for (std::size_t i = 0; i < kWords; ++i) {
        const std::uint64_t word = words_[i].load(std::memory_order_acquire);
        std::memcpy(reinterpret_cast<std::byte*>(&value) + 8 * i, &word,
                    std::min<std::size_t>(8, sizeof(Value) - 8 * i));
      }
      if (before % 2 == 0 && turn_.load(std::memory_order_relaxed) == before) return value;
    }
  }

 private:
  static constexpr std::size_t kWords = (sizeof(Value) + 7) / 8;

  std::atomic<std::uint32_t> turn_{0};  // odd while a write is in progress
  std::array<std::atomic<std::uint64_t>, kWords> words_{};
};

}  // namespace pinion
