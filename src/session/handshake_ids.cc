#include "session/handshake_ids.h"

#include <utility>

namespace pinion::session {

void HandshakeIds::leave_to_connect(std::uint64_t serial, Left left) {
  const std::lock_guard lock(mutex_);
  beside_[serial].left = std::move(left);
  note_size();
}

std::optional<HandshakeIds::Left> HandshakeIds::take(std::uint64_t serial) {
  if (has_none()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  const auto at = beside_.find(serial);
  if (at == beside_.end()) return std::nullopt;
  auto left = std::exchange(at->second.left, std::nullopt);
  if (at->second.held == nullptr) beside_.erase(at);
  note_size();
  return left;
}

AffinityTable::Entry* HandshakeIds::hold(std::uint64_t serial, AffinityTable::Entry* entry) {
  const std::lock_guard lock(mutex_);
  auto* const before = std::exchange(beside_[serial].held, entry);
  note_size();
  return before;
}

AffinityTable::Entry* HandshakeIds::end(std::uint64_t serial) {
  if (has_none()) return nullptr;
  const std::lock_guard lock(mutex_);
  const auto at = beside_.find(serial);
  if (at == beside_.end()) return nullptr;
  auto* const held = at->second.held;
  beside_.erase(at);
  note_size();
  return held;
}

}  // namespace pinion::session
