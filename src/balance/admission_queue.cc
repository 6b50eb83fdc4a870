#include "balance/admission_queue.h"

namespace pinion::balance {

bool AdmissionQueue::join(AdmissionWaiter& waiter, Rank rank, std::size_t limit,
                          bool again) noexcept {
  std::size_t waiting = shared_.waiting.load(std::memory_order_relaxed);
  do {
    if (waiting >= limit) return false;
  } while (!shared_.waiting.compare_exchange_weak(waiting, waiting + 1, std::memory_order_relaxed));
  const auto index = static_cast<std::size_t>(rank);
  shared_.by_rank[index].fetch_add(1, std::memory_order_relaxed);
  ++here_;
  waiter.rank_ = rank;
  if (again) {
    lists_[index].push_front(waiter);
  } else {
    lists_[index].push_back(waiter);
  }
  return true;
}

void AdmissionQueue::leave(AdmissionWaiter& waiter) noexcept {
  if (!waiter.is_linked()) return;
  waiter.unlink();
  --here_;
  shared_.by_rank[static_cast<std::size_t>(waiter.rank_)].fetch_sub(1, std::memory_order_relaxed);
  shared_.waiting.fetch_sub(1, std::memory_order_relaxed);
}

void AdmissionQueue::serve(TimePoint now) noexcept {
  // One turn for each that waits now: who joins again has had its own.
  std::size_t turns = here_;
  for (const Rank rank : {Rank::returning, Rank::fresh}) {
    if (rank == Rank::fresh && shared_.of(Rank::returning) != 0) return;
    const List& list = lists_[static_cast<std::size_t>(rank)];
    for (; turns > 0 && !list.empty(); --turns) {
      if (!list.front()->on_turn(now)) return;
    }
  }
}

}  // namespace pinion::balance
