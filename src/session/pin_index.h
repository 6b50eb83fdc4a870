// The sessions of one shard of the PinTable, found by pool and sid. Private to the table.
//
// Threads: none of its own; the shard's lock guards it.
// Lifetime: owns its entries, which stay where they are until they are taken out.
// Invariants: a look-up reads two places in memory that may be far away, a slot and its entry;
//   slots hold hashes, what follows a full slot is probed one by one, and an entry and the text of
//   its sid are one allocation. Between an entry's slot and the one that its hash means no slot is
//   empty. At most three of four slots are full, and, but for the fewest, at least one of eight; an
//   index without entries has none.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/intrusive_list.h"
#include "session/pin_table.h"

namespace pinion::session {

struct PinTable::Entry : ListHook<> {
  std::uint64_t waiting_workers = 0;  // for its CONNECT
  Pin session;
  std::uint32_t sid_size = 0;

  /// The text lies behind the entry.
  [[nodiscard]] std::string_view sid() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), sid_size};
  }
  [[nodiscard]] SessionKey key() const noexcept { return {session.pool, sid()}; }
  /// The session as others know it.
  [[nodiscard]] Session whole() const;

  void pass(const Traffic& traffic, TimePoint now) noexcept;
  [[nodiscard]] bool may_idle_out() const noexcept {
    return !session.has_tunnel && session.requests == 0;
  }
  // A client that is there polls again at once.
  [[nodiscard]] bool seems_gone(TimePoint now) const noexcept {
    return may_idle_out() && now - session.last_seen >= kBetweenPolls;
  }
};

class PinIndex {
 public:
  using Entry = PinTable::Entry;

  PinIndex() = default;
  ~PinIndex();
  PinIndex(const PinIndex&) = delete;
  PinIndex& operator=(const PinIndex&) = delete;

  struct Free {
    void operator()(Entry* entry) const noexcept;
  };
  using Owned = std::unique_ptr<Entry, Free>;

  static std::uint64_t hash_of(SessionKey key) noexcept;
  static Owned make(Session session);

  [[nodiscard]] Entry* find(SessionKey key, std::uint64_t hash) const noexcept;
  /// Adds a session whose sid is not there yet. @param hash of its key
  Entry& add(Owned entry, std::uint64_t hash);
  /// Removes an entry. @returns its session, whole
  Session take_out(Entry& entry);

  template <typename Visit>
  void for_each(Visit&& visit) const {
    for (const Slot& slot : slots_) {
      if (slot.entry != nullptr) visit(std::as_const(*slot.entry));
    }
  }

 private:
  struct Slot {
    std::uint64_t hash = 0;
    Entry* entry = nullptr;
  };
  [[nodiscard]] std::size_t after(std::size_t slot) const noexcept {
    return (slot + 1) & (slots_.size() - 1);
  }
  /// Where a hash is looked for first.
  [[nodiscard]] std::size_t home_of(std::uint64_t hash) const noexcept {
    return hash & (slots_.size() - 1);
  }
  void put(Slot slot) noexcept;
  void close_gap(std::size_t gap) noexcept;
  void resize(std::size_t slots);

  std::vector<Slot> slots_;  // a power of two of them, or none
  std::size_t size_ = 0;
};

}  // namespace pinion::session
