#include "session/lost_clients.h"

#include <utility>

namespace pinion::session {

void LostClients::lost(const std::string& client) {
  if (client.empty()) return;
  const std::lock_guard lock(mutex_);
  if (young_.size() >= kMost && !young_.contains(client)) return;
  ++young_[client];
  any_.store(true, std::memory_order_relaxed);
}

bool LostClients::take(const std::string& client) {
  if (!any_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  return take_from(old_, client) || take_from(young_, client);
}

bool LostClients::take_from(Counts& counts, const std::string& client) {
  const auto found = counts.find(client);
  if (found == counts.end()) return false;
  if (--found->second == 0) counts.erase(found);
  return true;
}

void LostClients::age(TimePoint now) {
  const std::lock_guard lock(mutex_);
  if (now < next_) return;
  next_ = now + kGeneration;
  old_ = std::exchange(young_, {});
  any_.store(!old_.empty(), std::memory_order_relaxed);
}

}  // namespace pinion::session
