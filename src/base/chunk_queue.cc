#include "base/chunk_queue.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "base/check.h"

namespace pinion {

std::unique_ptr<Chunk> ChunkPool::take() {
  budget_.took(Chunk::kCapacity);
  if (free_.empty()) return std::make_unique_for_overwrite<Chunk>();
  auto chunk = std::move(free_.back());
  free_.pop_back();
  chunk->begin = chunk->end = 0;
  return chunk;
}

void ChunkPool::give_back(std::unique_ptr<Chunk> chunk) noexcept {
  budget_.gave_back(Chunk::kCapacity);
  if (free_.size() < keep_) free_.push_back(std::move(chunk));
}

ChunkQueue::ChunkQueue(ChunkQueue&& other) noexcept
    : pool_(other.pool_),
      first_(std::move(other.first_)),
      last_(std::exchange(other.last_, nullptr)),
      size_(std::exchange(other.size_, 0)) {}

ChunkQueue& ChunkQueue::operator=(ChunkQueue&& other) noexcept {
  if (this == &other) return *this;
  clear();
  pool_ = other.pool_;
  first_ = std::move(other.first_);
  last_ = std::exchange(other.last_, nullptr);
  size_ = std::exchange(other.size_, 0);
  return *this;
}

void ChunkQueue::append(std::string_view bytes) {
  size_ += bytes.size();
  while (!bytes.empty()) {
    if (last_ == nullptr || last_->room() == 0) {
      auto fresh = pool_->take();
      Chunk* const added = fresh.get();
      (last_ == nullptr ? first_ : last_->next) = std::move(fresh);
      last_ = added;
    }
    const std::size_t count = std::min(bytes.size(), last_->room());
    std::memcpy(last_->bytes.data() + last_->end, bytes.data(), count);
    last_->end += static_cast<std::uint32_t>(count);
    bytes.remove_prefix(count);
  }
}

std::string_view ChunkQueue::front() const noexcept {
  return first_ == nullptr ? std::string_view{} : first_->waiting();
}

std::size_t ChunkQueue::front(std::span<std::string_view> pieces) const noexcept {
  std::size_t count = 0;
  for (const Chunk* each = first_.get(); each != nullptr && count < pieces.size();
       each = each->next.get()) {
    pieces[count++] = each->waiting();
  }
  return count;
}

void ChunkQueue::consume(std::size_t count) noexcept {
  PINION_CHECK(count <= size_, "nothing is consumed that was not queued");
  size_ -= count;
  while (count > 0) {
    const std::size_t here = std::min<std::size_t>(count, first_->end - first_->begin);
    first_->begin += static_cast<std::uint32_t>(here);
    count -= here;
    if (first_->begin != first_->end) return;
    auto used_up = std::move(first_);
    first_ = std::move(used_up->next);
    if (first_ == nullptr) last_ = nullptr;
    pool_->give_back(std::move(used_up));
  }
}

void ChunkQueue::clear() noexcept { consume(size_); }

}  // namespace pinion
