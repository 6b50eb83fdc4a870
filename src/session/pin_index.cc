#include "session/pin_index.h"

#include <algorithm>
#include <functional>
#include <utility>

#include "base/check.h"

namespace pinion::session {
namespace {

constexpr std::size_t kFewestSlots = 8;

/// What entries are made of: memory aligned for them, in pieces of their own size.
struct alignas(PinTable::Entry) PinSpace {
  char bytes[alignof(PinTable::Entry)];
};

constexpr std::size_t pin_space_for(std::size_t sid_size) noexcept {
  return (sizeof(PinTable::Entry) + sid_size + sizeof(PinSpace) - 1) / sizeof(PinSpace);
}

}  // namespace

Session PinTable::Entry::whole() const { return {session, std::string(sid())}; }

void PinTable::Entry::pass(const Traffic& traffic, TimePoint now) noexcept {
  session.pass(traffic);
  if (traffic.beyond_pings) session.last_moved = std::max(session.last_moved, now);
}

void PinIndex::Free::operator()(Entry* entry) const noexcept {
  const std::size_t space = pin_space_for(entry->sid_size);
  std::destroy_at(entry);
  std::allocator<PinSpace>{}.deallocate(reinterpret_cast<PinSpace*>(entry), space);
}

PinIndex::Owned PinIndex::make(Session session) {
  const std::string& sid = session.sid;
  PinSpace* const at = std::allocator<PinSpace>{}.allocate(pin_space_for(sid.size()));
  Owned entry{std::construct_at(reinterpret_cast<Entry*>(at))};
  entry->session = std::move(static_cast<Pin&>(session));
  entry->sid_size = static_cast<std::uint32_t>(sid.size());
  std::copy(sid.begin(), sid.end(), reinterpret_cast<char*>(entry.get() + 1));
  return entry;
}

PinIndex::~PinIndex() {
  for (const Slot& slot : slots_) const Owned owned{slot.entry};
}

std::uint64_t PinIndex::hash_of(SessionKey key) noexcept {
  return std::hash<std::string_view>{}(key.sid) ^ (key.pool * std::uint64_t{0x9e3779b97f4a7c15});
}

PinIndex::Entry* PinIndex::find(SessionKey key, std::uint64_t hash) const noexcept {
  if (slots_.empty()) return nullptr;
  for (std::size_t at = home_of(hash); slots_[at].entry != nullptr; at = after(at)) {
    const Slot& slot = slots_[at];
    if (slot.hash != hash) continue;
    if (slot.entry->session.pool == key.pool && slot.entry->sid() == key.sid) return slot.entry;
  }
  return nullptr;
}

PinIndex::Entry& PinIndex::add(Owned entry, std::uint64_t hash) {
  if (4 * (size_ + 1) > 3 * slots_.size()) resize(std::max(kFewestSlots, 2 * slots_.size()));
  put({hash, entry.get()});
  ++size_;
  return *entry.release();
}

Session PinIndex::take_out(Entry& entry) {
  std::size_t at = home_of(hash_of(entry.key()));
  while (slots_[at].entry != &entry) {
    PINION_CHECK(slots_[at].entry != nullptr, "an entry is in its own index");
    at = after(at);
  }
  close_gap(at);
  --size_;
  if (8 * size_ < slots_.size() && (size_ == 0 || slots_.size() > kFewestSlots)) {
    resize(size_ == 0 ? 0 : slots_.size() / 2);
  }
  const Owned owned{&entry};
  return {std::move(entry.session), std::string(entry.sid())};
}

void PinIndex::put(Slot slot) noexcept {
  std::size_t at = home_of(slot.hash);
  while (slots_[at].entry != nullptr) at = after(at);
  slots_[at] = slot;
}

/// Empties a slot. Those behind it that would no longer be found move up.
void PinIndex::close_gap(std::size_t gap) noexcept {
  const std::size_t mask = slots_.size() - 1;
  for (std::size_t at = after(gap); slots_[at].entry != nullptr; at = after(at)) {
    const std::size_t from_home = (at - home_of(slots_[at].hash)) & mask;
    const std::size_t from_gap = (at - gap) & mask;
    if (from_home < from_gap) continue;
    slots_[gap] = slots_[at];
    gap = at;
  }
  slots_[gap] = {};
}

void PinIndex::resize(std::size_t slots) {
  std::vector<Slot> old(slots);
  old.swap(slots_);
  for (const Slot& slot : old) {
    if (slot.entry != nullptr) put(slot);
  }
}

}  // namespace pinion::session
