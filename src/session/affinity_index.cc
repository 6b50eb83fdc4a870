#include "session/affinity_index.h"

#include <algorithm>

namespace pinion::session {
namespace {

constexpr std::size_t kFewestBuckets = 8;

/// What entries are made of: memory aligned for them, in pieces of their own size.
struct alignas(AffinityTable::Entry) EntrySpace {
  char bytes[alignof(AffinityTable::Entry)];
};

constexpr std::size_t space_for(std::size_t id_size) noexcept {
  return (sizeof(AffinityTable::Entry) + id_size + sizeof(EntrySpace) - 1) / sizeof(EntrySpace);
}

}  // namespace

void AffinityIndex::Free::operator()(Entry* entry) const noexcept {
  const std::size_t space = space_for(entry->id_size);
  std::destroy_at(entry);
  std::allocator<EntrySpace>{}.deallocate(reinterpret_cast<EntrySpace*>(entry), space);
}

AffinityIndex::Owned AffinityIndex::make(AffinityKey key, std::uint32_t hash) {
  EntrySpace* const at = std::allocator<EntrySpace>{}.allocate(space_for(key.id.size()));
  Entry* const entry = std::construct_at(reinterpret_cast<Entry*>(at));
  entry->hash = hash;
  entry->pool = key.pool;
  entry->id_size = static_cast<std::uint32_t>(key.id.size());
  std::copy(key.id.begin(), key.id.end(), reinterpret_cast<char*>(entry + 1));
  return Owned{entry};
}

AffinityIndex::~AffinityIndex() {
  for (Entry* next : buckets_) {
    while (next != nullptr) {
      const Owned owned{next};
      next = owned->next_in_bucket;
    }
  }
}

AffinityIndex::Entry* AffinityIndex::find(AffinityKey key, std::uint32_t hash) const noexcept {
  if (buckets_.empty()) return nullptr;
  Entry* entry = buckets_[hash & (buckets_.size() - 1)];
  while (entry != nullptr &&
         (entry->hash != hash || entry->pool != key.pool || entry->id() != key.id)) {
    entry = entry->next_in_bucket;
  }
  return entry;
}

AffinityIndex::Entry& AffinityIndex::add(AffinityKey key, std::uint32_t hash) {
  Owned entry = make(key, hash);
  if (size_ == buckets_.size()) grow();
  put(*entry);
  ++size_;
  return *entry.release();
}

void AffinityIndex::remove(Entry& entry) noexcept {
  Entry** link = &buckets_[entry.hash & (buckets_.size() - 1)];
  while (*link != &entry) link = &(*link)->next_in_bucket;
  *link = entry.next_in_bucket;
  --size_;
  const Owned owned{&entry};
}

void AffinityIndex::grow() {
  std::vector<Entry*> old(std::max(kFewestBuckets, 2 * buckets_.size()));
  old.swap(buckets_);
  for (Entry* next : old) {
    while (Entry* const entry = next) {
      next = entry->next_in_bucket;
      put(*entry);
    }
  }
}

void AffinityIndex::put(Entry& entry) noexcept {
  Entry*& first = buckets_[entry.hash & (buckets_.size() - 1)];
  entry.next_in_bucket = first;
  first = &entry;
}

}  // namespace pinion::session
