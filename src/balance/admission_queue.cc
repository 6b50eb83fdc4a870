#include "balance/admission_queue.h"

namespace pinion::balance {

bool AdmissionQueue::join(AdmissionWaiter& waiter, Rank rank, std::size_t limit,
                          bool again) noexcept {
  if (again) {
    shared_.waiting.fetch_add(1, std::memory_order_relaxed);
  } else if (!take_room(rank, limit)) {
    return false;
  }
  count(waiter, rank);
  if (again) {
    list(rank).push_front(waiter);
  } else {
    list(rank).push_back(waiter);
  }
  return true;
}

void AdmissionQueue::count(AdmissionWaiter& waiter, Rank rank) noexcept {
  const auto index = static_cast<std::size_t>(rank);
  shared_.by_rank[index].fetch_add(1, std::memory_order_relaxed);
  ++here_[index];
  waiter.rank_ = rank;
}

void AdmissionQueue::unbind(AdmissionWaiter& waiter) noexcept {
  if (!waiter.is_linked() || waiter.rank_ != Rank::bound) return;
  remove(waiter);
  shared_.waiting.fetch_add(1, std::memory_order_relaxed);
  count(waiter, Rank::returning);
  list(Rank::returning).push_back(waiter);
}

// @returns whether one more is counted as waiting
bool AdmissionQueue::take_room(Rank rank, std::size_t limit) noexcept {
  std::size_t waiting = shared_.waiting.load(std::memory_order_relaxed);
  for (;;) {
    if (waiting < limit) {
      if (shared_.waiting.compare_exchange_weak(waiting, waiting + 1, std::memory_order_relaxed)) {
        return true;
      }
      continue;
    }
    if (rank == Rank::fresh) return false;
    AdmissionWaiter* const newest = list(Rank::fresh).back();
    if (newest == nullptr) return take_room_elsewhere();
    displace(*newest);
    waiting = shared_.waiting.load(std::memory_order_relaxed);
  }
}

bool AdmissionQueue::take_room_elsewhere() noexcept {
  std::size_t over = shared_.over.load(std::memory_order_relaxed);
  while (over < shared_.of(Rank::fresh)) {
    if (!shared_.over.compare_exchange_weak(over, over + 1, std::memory_order_relaxed)) continue;
    shared_.waiting.fetch_add(1, std::memory_order_relaxed);
    return true;
  }
  return false;
}

void AdmissionQueue::displace(AdmissionWaiter& newest) noexcept {
  leave(newest);
  newest.on_displaced();
}

// Claimed first, so that two workers do not do it both.
void AdmissionQueue::make_room() noexcept {
  while (AdmissionWaiter* const newest = list(Rank::fresh).back()) {
    if (!pay_over()) return;
    remove(*newest);
    newest->on_displaced();
  }
}

// @returns whether anything was to be made up for
bool AdmissionQueue::pay_over() noexcept {
  std::size_t over = shared_.over.load(std::memory_order_relaxed);
  while (over != 0) {
    if (shared_.over.compare_exchange_weak(over, over - 1, std::memory_order_relaxed)) return true;
  }
  return false;
}

void AdmissionQueue::leave(AdmissionWaiter& waiter) noexcept {
  if (!waiter.is_linked()) return;
  remove(waiter);
  // Whoever leaves makes the room that somebody new was to make.
  (void)pay_over();
}

void AdmissionQueue::remove(AdmissionWaiter& waiter) noexcept {
  waiter.unlink();
  const auto index = static_cast<std::size_t>(waiter.rank_);
  --here_[index];
  shared_.by_rank[index].fetch_sub(1, std::memory_order_relaxed);
  shared_.waiting.fetch_sub(1, std::memory_order_relaxed);
}

void AdmissionQueue::serve(TimePoint now) noexcept {
  make_room();
  serve_bound(now);
  // One turn for each that waits now: who joins again has had its own.
  std::size_t turns = here_[static_cast<std::size_t>(Rank::returning)] +
                      here_[static_cast<std::size_t>(Rank::fresh)];
  for (const Rank rank : {Rank::returning, Rank::fresh}) {
    if (rank == Rank::fresh && shared_.of(Rank::returning) != 0) return;
    for (const List& waiters = list(rank); turns > 0 && !waiters.empty(); --turns) {
      if (!waiters.front()->on_turn(now)) return;
    }
  }
}

// Each of them, as their backends are not the same; those who find no place keep their order.
void AdmissionQueue::serve_bound(TimePoint now) noexcept {
  List& waiters = list(Rank::bound);
  for (auto turns = here_[static_cast<std::size_t>(Rank::bound)]; turns > 0; --turns) {
    if (waiters.empty()) return;
    AdmissionWaiter& first = *waiters.front();
    if (first.on_turn(now) || first.rank_ != Rank::bound) continue;
    first.unlink();
    waiters.push_back(first);
  }
}

}  // namespace pinion::balance
