// Bytes that a socket refused, in pooled chunks: the only place where relayed payload is copied.
//
// Threads: a ChunkPool belongs to one worker, and so do all queues that draw from it.
//   The BufferBudget is shared by all workers.
// Lifetime: the pool outlives its queues.
// Invariants: a queue's size() is the sum of what its chunks hold; an empty queue owns no chunk.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace pinion {

/// Sum of the bytes that are held over all workers, chunks above all, against the configured total.
class BufferBudget {
 public:
  /// @param limit bytes; 0 means none
  explicit BufferBudget(std::size_t limit) noexcept : limit_(limit) {}

  void took(std::size_t bytes) noexcept { used_.fetch_add(bytes, std::memory_order_relaxed); }
  void gave_back(std::size_t bytes) noexcept { used_.fetch_sub(bytes, std::memory_order_relaxed); }
  [[nodiscard]] std::size_t used() const noexcept { return used_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t limit() const noexcept {
    return limit_.load(std::memory_order_relaxed);
  }
  [[nodiscard]] bool exhausted() const noexcept { return limit() != 0 && used() > limit(); }

 private:
  std::atomic<std::size_t> used_{0};
  std::atomic<std::size_t> limit_;
};

/// What somebody who buffers without chunks has of a budget.
class BufferShare {
 public:
  /// @param budget outlives it
  explicit BufferShare(BufferBudget& budget) noexcept : budget_(budget) {}
  ~BufferShare() { set(0); }
  BufferShare(const BufferShare&) = delete;
  BufferShare& operator=(const BufferShare&) = delete;

  /// @param bytes that are held now
  void set(std::size_t bytes) noexcept {
    if (bytes == held_) return;
    budget_.gave_back(std::exchange(held_, bytes));
    budget_.took(bytes);
  }

 private:
  BufferBudget& budget_;
  std::size_t held_ = 0;
};

// The bytes are written before they are read; clearing them would cost more than the copy.
struct Chunk {  // NOLINT(cppcoreguidelines-pro-type-member-init): see above
  static constexpr std::size_t kCapacity = std::size_t{16} * 1024;

  std::unique_ptr<Chunk> next;
  std::uint32_t begin = 0;            // first byte still to be sent
  std::uint32_t end = 0;              // one past the last
  std::array<char, kCapacity> bytes;  // not cleared: written before it is read

  [[nodiscard]] std::string_view waiting() const noexcept {
    return {bytes.data() + begin, end - begin};
  }
  [[nodiscard]] std::size_t room() const noexcept { return kCapacity - end; }
};

class ChunkPool {
 public:
  /// @param keep how many free chunks are kept for reuse; more are freed
  ChunkPool(BufferBudget& budget, std::size_t keep) noexcept : budget_(budget), keep_(keep) {}

  std::unique_ptr<Chunk> take();
  void give_back(std::unique_ptr<Chunk> chunk) noexcept;

 private:
  BufferBudget& budget_;
  std::size_t keep_;
  std::vector<std::unique_ptr<Chunk>> free_;
};

class ChunkQueue {
 public:
  explicit ChunkQueue(ChunkPool& pool) noexcept : pool_(&pool) {}
  ~ChunkQueue() { clear(); }
  ChunkQueue(ChunkQueue&& other) noexcept;
  ChunkQueue& operator=(ChunkQueue&& other) noexcept;

  void append(std::string_view bytes);
  /// The longest piece at the front that lies in one place; empty when the queue is.
  [[nodiscard]] std::string_view front() const noexcept;
  /// The first such pieces, as many as fit. @returns how many
  [[nodiscard]] std::size_t front(std::span<std::string_view> pieces) const noexcept;
  /// Forgets `count` bytes at the front, giving back used-up chunks.
  void consume(std::size_t count) noexcept;
  void clear() noexcept;
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] bool empty() const noexcept { return size_ == 0; }

 private:
  ChunkPool* pool_;
  std::unique_ptr<Chunk> first_;
  Chunk* last_ = nullptr;
  std::size_t size_ = 0;
};

}  // namespace pinion
