// Which backend the sessions of an application's own id belong to: id -> backend, for all workers,
// while such a session lives and for a while after it.
//
// Threads: any. 64 shards on separate cache lines, a mutex each; every call locks one shard for a
//   look-up (evicting locks one after the other), and nothing is called back under a lock.
// Lifetime: an Entry stays where it is while somebody holds it; it leaves by sweep(), by being
//   evicted, or when its last holder forgets it.
// Invariants: at most `capacity` ids that nobody holds are remembered beyond those that are held
//   (which are bounded by sessions); when full, the longest idle is evicted, those that were only
//   suggested before those of sessions. An id whose time is up is known until the next sweep(). Ids
//   are hashed with a key that nobody knows, since clients choose them.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/sip_hash.h"

namespace pinion::session {

/// Ids are the applications' words, so two pools may use the same one.
struct AffinityKey {
  PoolId pool = 0;
  std::string_view id;
};

/// What is longer is not taken for an id by those who read ids, in bytes.
inline constexpr std::size_t kMaxAffinityId = 256;

class AffinityTable {
 public:
  /// An id; whoever was given one by bind() holds it until it releases or forgets it.
  struct Entry;

  explicit AffinityTable(std::size_t capacity);
  ~AffinityTable();
  AffinityTable(const AffinityTable&) = delete;
  AffinityTable& operator=(const AffinityTable&) = delete;

  struct Found {
    BackendId backend = 0;
    bool in_use = false;  // a session of this id lives
    bool lived = false;   // one has: else the backend is only where the id was first heard of
  };
  /// A look-up is a sign of life: an id is kept from the last one on.
  std::optional<Found> find(AffinityKey key, TimePoint now);

  /// A session of this id lives on `backend`, whatever was known of the id before.
  Entry* bind(AffinityKey key, BackendId backend, Duration keep, TimePoint now);
  /// The id was heard of by a backend that may or may not have sessions of it: remembered only if
  /// nothing is known of it from sessions.
  void suggest(AffinityKey key, BackendId backend, Duration keep, TimePoint now);
  /// The session has ended; its id is kept for the time that bind() was told.
  void release(Entry* entry, TimePoint now);
  /// The session that holds it lives on that backend now, under another id: unless another one
  /// holds it too, so does this id.
  void follow(Entry* entry, BackendId backend);
  /// The session was taken away from its backend: unless another one lives there, the id belongs to
  /// none.
  void forget(Entry* entry);

  /// Removes the ids whose time is up. @returns how many
  std::size_t sweep(TimePoint now);

  [[nodiscard]] std::size_t size() const noexcept { return size_.load(std::memory_order_relaxed); }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }
  [[nodiscard]] std::uint64_t evicted() const noexcept {
    return evicted_.load(std::memory_order_relaxed);
  }

 private:
  static constexpr std::size_t kShards = 64;
  struct Shard;

  [[nodiscard]] std::uint32_t hash_of(AffinityKey key) const noexcept;
  [[nodiscard]] Shard& shard_of(std::uint32_t hash) const noexcept;
  /// @returns whether that is one more than there may be
  bool count_at_rest() noexcept;
  void remove_at_rest(Shard& shard, Entry& entry) noexcept;
  void evict_one();

  std::size_t capacity_;
  SipKey hash_key_;
  std::atomic<std::size_t> size_{0};
  std::atomic<std::size_t> at_rest_{0};  // how many of them nobody holds
  std::atomic<std::uint64_t> evicted_{0};
  std::unique_ptr<std::array<Shard, kShards>> shards_;
};

}  // namespace pinion::session
