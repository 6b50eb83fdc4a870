#include "session/affinity_table.h"

#include <algorithm>
#include <forward_list>
#include <mutex>

#include "base/check.h"
#include "session/affinity_index.h"

namespace pinion::session {
struct alignas(64) AffinityTable::Shard {
  /// Ids that nobody holds and that are kept equally long, the longest idle in front: so those
  /// whose time is up are in front too.
  struct Resting {
    Duration keep{};
    bool lived = false;
    IntrusiveList<Entry> ids;
  };
  /// The lowest is evicted first. What was only heard of comes before what has lived, since any
  /// client can name as many ids as it likes.
  struct Rank {
    bool lived = true;
    TimePoint last_use = TimePoint::max();
    auto operator<=>(const Rank&) const = default;
  };
  static Rank rank_of(const Entry& entry) noexcept { return {entry.lived, entry.last_use}; }

  std::mutex mutex;
  std::forward_list<Resting> resting;  // guarded by mutex; as many as there are times to keep
  AffinityIndex index;                 // guarded by mutex; dies first, for its entries are linked

  Resting& place_of(const Entry& entry) {
    const auto at = std::ranges::find_if(resting, [&](const Resting& equal) {
      return equal.keep == entry.keep && equal.lived == entry.lived;
    });
    if (at != resting.end()) return *at;
    Resting& fresh = resting.emplace_front();
    fresh.keep = entry.keep;
    fresh.lived = entry.lived;
    return fresh;
  }
  void rest(Entry& entry, TimePoint now) {
    entry.last_use = std::max(entry.last_use, now);
    entry.unlink();
    place_of(entry).ids.push_back(entry);
  }
  [[nodiscard]] Entry* first_to_go() const noexcept {
    Entry* lowest = nullptr;
    for (const Resting& equal : resting) {
      Entry* const first = equal.ids.front();
      if (first == nullptr) continue;
      if (lowest == nullptr || rank_of(*first) < rank_of(*lowest)) lowest = first;
    }
    return lowest;
  }
};

AffinityTable::AffinityTable(std::size_t capacity)
    : capacity_(capacity),
      hash_key_(SipKey::random()),
      shards_(std::make_unique<std::array<Shard, kShards>>()) {}
AffinityTable::~AffinityTable() = default;

std::uint32_t AffinityTable::hash_of(AffinityKey key) const noexcept {
  const SipKey of_pool{hash_key_.low ^ key.pool, hash_key_.high};
  return static_cast<std::uint32_t>(sip_hash(of_pool, key.id));
}

AffinityTable::Shard& AffinityTable::shard_of(std::uint32_t hash) const noexcept {
  // The low bits choose the bucket within a shard, so the shard is chosen by the high ones.
  static_assert(kShards == std::size_t{1} << 6U);
  return (*shards_)[hash >> 26U];
}

std::optional<AffinityTable::Found> AffinityTable::find(AffinityKey key, TimePoint now) {
  const std::uint32_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* const entry = shard.index.find(key, hash);
  if (entry == nullptr) return std::nullopt;
  const bool in_use = entry->holders > 0;
  if (!in_use) shard.rest(*entry, now);
  return Found{entry->backend, in_use, entry->lived};
}

AffinityTable::Entry* AffinityTable::bind(AffinityKey key, BackendId backend, Duration keep,
                                          TimePoint now) {
  const std::uint32_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  const std::lock_guard lock(shard.mutex);
  Entry* entry = shard.index.find(key, hash);
  if (entry == nullptr) {
    entry = &shard.index.add(key, hash);
    size_.fetch_add(1, std::memory_order_relaxed);
  } else if (entry->holders == 0) {
    entry->unlink();
    at_rest_.fetch_sub(1, std::memory_order_relaxed);
  }
  ++entry->holders;
  entry->backend = backend;
  entry->keep = keep;
  entry->last_use = now;
  entry->lived = true;
  return entry;
}

void AffinityTable::suggest(AffinityKey key, BackendId backend, Duration keep, TimePoint now) {
  const std::uint32_t hash = hash_of(key);
  Shard& shard = shard_of(hash);
  bool one_too_many = false;
  {
    const std::lock_guard lock(shard.mutex);
    Entry* entry = shard.index.find(key, hash);
    if (entry != nullptr && entry->lived) return;
    if (entry == nullptr) {
      entry = &shard.index.add(key, hash);
      size_.fetch_add(1, std::memory_order_relaxed);
      one_too_many = count_at_rest();
    }
    entry->backend = backend;
    entry->keep = keep;
    shard.rest(*entry, now);
  }
  if (one_too_many) evict_one();
}

void AffinityTable::release(Entry* entry, TimePoint now) {
  Shard& shard = shard_of(entry->hash);
  {
    const std::lock_guard lock(shard.mutex);
    PINION_CHECK(entry->holders > 0, "only who holds an id releases it");
    if (--entry->holders > 0) return;
    shard.rest(*entry, now);
    if (!count_at_rest()) return;
  }
  evict_one();
}

void AffinityTable::follow(Entry* entry, BackendId backend) {
  const std::lock_guard lock(shard_of(entry->hash).mutex);
  if (entry->holders == 1) entry->backend = backend;
}

void AffinityTable::forget(Entry* entry) {
  Shard& shard = shard_of(entry->hash);
  const std::lock_guard lock(shard.mutex);
  PINION_CHECK(entry->holders > 0, "only who holds an id forgets it");
  if (--entry->holders > 0) return;
  shard.index.remove(*entry);
  size_.fetch_sub(1, std::memory_order_relaxed);
}

std::size_t AffinityTable::sweep(TimePoint now) {
  std::size_t removed = 0;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    for (const Shard::Resting& equal : shard.resting) {
      Entry* first = equal.ids.front();
      for (; first != nullptr && now - first->last_use >= equal.keep; first = equal.ids.front()) {
        remove_at_rest(shard, *first);
        ++removed;
      }
    }
    // Times to keep may change with the config, again and again.
    shard.resting.remove_if([](const Shard::Resting& equal) { return equal.ids.empty(); });
  }
  return removed;
}

bool AffinityTable::count_at_rest() noexcept {
  return at_rest_.fetch_add(1, std::memory_order_relaxed) >= capacity_;
}

void AffinityTable::remove_at_rest(Shard& shard, Entry& entry) noexcept {
  shard.index.remove(entry);
  size_.fetch_sub(1, std::memory_order_relaxed);
  at_rest_.fetch_sub(1, std::memory_order_relaxed);
}

void AffinityTable::evict_one() {
  Shard* best = nullptr;
  Shard::Rank lowest;
  for (Shard& shard : *shards_) {
    const std::lock_guard lock(shard.mutex);
    const Entry* const entry = shard.first_to_go();
    if (entry == nullptr || Shard::rank_of(*entry) >= lowest) continue;
    best = &shard;
    lowest = Shard::rank_of(*entry);
  }
  if (best == nullptr) return;
  const std::lock_guard lock(best->mutex);
  Entry* const entry = best->first_to_go();
  if (entry == nullptr) return;
  remove_at_rest(*best, *entry);
  evicted_.fetch_add(1, std::memory_order_relaxed);
}

}  // namespace pinion::session
