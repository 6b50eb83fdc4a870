#include "proxy/join_desk.h"

namespace pinion::proxy {

void JoinDesk::leave(std::uint64_t serial, const JoinWaiter& waiter) noexcept {
  const auto [begin, end] = waiters_.equal_range(serial);
  for (auto at = begin; at != end; ++at) {
    if (at->second != &waiter) continue;
    waiters_.erase(at);
    return;
  }
}

// One that is told may end another one that waits, so each is looked up anew.
void JoinDesk::joined(std::uint64_t serial) noexcept {
  for (auto at = waiters_.find(serial); at != waiters_.end(); at = waiters_.find(serial)) {
    JoinWaiter* const waiter = at->second;
    waiters_.erase(at);
    waiter->on_joined();
  }
}

}  // namespace pinion::proxy
