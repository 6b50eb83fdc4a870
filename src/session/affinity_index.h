// The ids of one shard of the AffinityTable, found by pool and text. Private to the table.
//
// Threads: none of its own; the shard's lock guards it.
// Lifetime: owns its entries, which stay where they are until they are removed.
// Invariants: an entry and the text of its id are one allocation, for there may be very many; there
//   are at least as many buckets as entries.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/intrusive_list.h"
#include "session/affinity_table.h"

namespace pinion::session {

struct AffinityTable::Entry : ListHook<> {
  Entry* next_in_bucket = nullptr;
  TimePoint last_use{};
  Duration keep{};
  std::uint32_t hash = 0;
  std::uint32_t holders = 0;
  BackendId backend = 0;
  PoolId pool = 0;
  std::uint32_t id_size = 0;
  bool lived = false;

  /// The text lies behind the entry.
  [[nodiscard]] std::string_view id() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), id_size};
  }
};

class AffinityIndex {
 public:
  using Entry = AffinityTable::Entry;

  AffinityIndex() = default;
  ~AffinityIndex();
  AffinityIndex(const AffinityIndex&) = delete;
  AffinityIndex& operator=(const AffinityIndex&) = delete;

  [[nodiscard]] Entry* find(AffinityKey key, std::uint32_t hash) const noexcept;
  /// Adds an id that is not there yet.
  Entry& add(AffinityKey key, std::uint32_t hash);
  void remove(Entry& entry) noexcept;

 private:
  struct Free {
    void operator()(Entry* entry) const noexcept;
  };
  using Owned = std::unique_ptr<Entry, Free>;

  static Owned make(AffinityKey key, std::uint32_t hash);
  void grow();
  void put(Entry& entry) noexcept;

  std::vector<Entry*> buckets_;  // a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace pinion::session
