// Those who wait for a place on a backend of one pool: one queue a worker, bounded over all
// workers. Who reconnects goes before who is new, on whichever worker, and takes the place of the
// newest of these when there are too many; among equals of one worker the first come is the first
// served. Who waits for one backend, where its data is, keeps nobody else from another.
//
// Threads: a queue belongs to one worker; SharedAdmission is for all of them.
// Lifetime: a waiter leaves its queue before it dies. SharedAdmission outlives the queues.
// Invariants: the shared counts are the sum of the waiters in the queues of all workers. Nobody who
//   reconnects is refused while anybody new waits; until the other worker's next turn, there are
//   at most as many beyond the limit as are new.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>

#include "base/clock.h"
#include "base/grow_only.h"
#include "base/ids.h"
#include "base/intrusive_list.h"

namespace pinion::balance {

enum class Rank : unsigned char {
  bound,      // to the backend that it comes back to
  returning,  // has lost a session a moment ago
  fresh,
};
inline constexpr std::size_t kRanks = 3;

/// How many wait for a place in one pool, over all workers.
struct SharedAdmission {
  std::atomic<std::size_t> waiting{0};
  std::array<std::atomic<std::size_t>, kRanks> by_rank{};
  /// Who has come in for one of those who are new at another worker, who has still to go.
  std::atomic<std::size_t> over{0};

  [[nodiscard]] std::size_t of(Rank rank) const noexcept {
    return by_rank[static_cast<std::size_t>(rank)].load(std::memory_order_relaxed);
  }
};
/// By pool.
using SharedAdmissions = GrowOnly<SharedAdmission, kMostPools>;

class AdmissionWaiter : public ListHook<AdmissionWaiter> {
 protected:
  ~AdmissionWaiter() = default;

 private:
  friend class AdmissionQueue;
  /// It is this one's turn: it takes a place if there is one. @returns whether it has left the
  /// queue. It may have joined again.
  virtual bool on_turn(TimePoint now) noexcept = 0;
  /// It has left the queue, since it was full, for one who reconnects.
  virtual void on_displaced() noexcept = 0;

  Rank rank_ = Rank::fresh;
};

class AdmissionQueue {
 public:
  explicit AdmissionQueue(SharedAdmission& shared) noexcept : shared_(shared) {}

  [[nodiscard]] bool empty() const noexcept { return here_ == std::array<std::size_t, kRanks>{}; }
  /// Whether anybody waits for this pool, on whichever worker.
  [[nodiscard]] bool anybody_waits() const noexcept {
    return shared_.waiting.load(std::memory_order_relaxed) != 0;
  }
  /// Whether somebody waits who goes before a newcomer of that rank.
  [[nodiscard]] bool goes_behind(Rank rank) const noexcept {
    return shared_.of(Rank::returning) != 0 ||
           (rank == Rank::fresh && shared_.of(Rank::fresh) != 0);
  }

  /// Joins at the end, or again at the front. @param limit waiters of this pool over all workers;
  /// who joins again has had a place in it  @returns false if there are so many
  bool join(AdmissionWaiter& waiter, Rank rank, std::size_t limit, bool again) noexcept;
  /// Does nothing for one that does not wait.
  void leave(AdmissionWaiter& waiter) noexcept;
  /// Nothing was free for anybody: whoever asks again in this turn would look through all backends
  /// for nothing.
  void found_none(TimePoint now) noexcept { found_none_at_ = now; }
  [[nodiscard]] bool has_found_none(TimePoint now) const noexcept { return found_none_at_ == now; }
  /// One that is bound waits for its own backend no more, but behind those who return.
  void unbind(AdmissionWaiter& waiter) noexcept;
  /// Lets one after the other have its turn until one finds no place, and all who are bound.
  void serve(TimePoint now) noexcept;

 private:
  using List = IntrusiveList<AdmissionWaiter, AdmissionWaiter>;

  void count(AdmissionWaiter& waiter, Rank rank) noexcept;
  bool take_room(Rank rank, std::size_t limit) noexcept;
  bool take_room_elsewhere() noexcept;
  void displace(AdmissionWaiter& newest) noexcept;
  void make_room() noexcept;
  bool pay_over() noexcept;
  void remove(AdmissionWaiter& waiter) noexcept;
  void serve_bound(TimePoint now) noexcept;
  [[nodiscard]] List& list(Rank rank) noexcept { return lists_[static_cast<std::size_t>(rank)]; }

  SharedAdmission& shared_;
  std::array<List, kRanks> lists_;
  std::array<std::size_t, kRanks> here_{};  // in each of them
  TimePoint found_none_at_{};
};

}  // namespace pinion::balance
