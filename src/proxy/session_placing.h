// A place for the session that a handshake opens: at once, after a wait in the queue of its pool,
// or not at all.
//
// Threads: the worker's.
// Lifetime: part of its exchange, whose facts and list of backends it reads; leaves the queue when
//   it is told that the exchange ends (give_up()), and before it dies.
// Invariants: each search ends by exactly one of on_place(), on_no_place() and give_up(). A credit
//   of the client is taken at most once, and given back unless its session opens.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "balance/admission_queue.h"
#include "balance/assigner.h"
#include "metrics/worker_counters.h"

namespace pinion::proxy {

struct RequestFacts;
class Worker;

class SessionPlacing final : private balance::AdmissionWaiter {
 public:
  /// Why a session gets no place, and what its client hears.
  struct Shed {
    metrics::ShedReason reason;
    std::string_view code, message;
  };
  class Owner {
   public:
    virtual void on_place(balance::Reservation place) noexcept = 0;
    /// It waits, until expire() is called at the latest.
    virtual void on_wait_for_place(TimePoint until) noexcept = 0;
    /// Is counted already.
    virtual void on_no_place(const Shed& shed) noexcept = 0;

   protected:
    ~Owner() = default;
  };

  /// @param tried backends that will not do, as long as they are down or miss connects
  SessionPlacing(Worker& worker, const RequestFacts& facts, std::vector<balance::Backend*>& tried,
                 Owner& owner) noexcept
      : worker_(worker), facts_(facts), tried_(tried), owner_(owner) {}
  ~SessionPlacing();
  SessionPlacing(const SessionPlacing&) = delete;
  SessionPlacing& operator=(const SessionPlacing&) = delete;

  /// Whether pinion itself takes new sessions now; if not, the owner has been told why.
  [[nodiscard]] bool admits();
  /// The search. @param returns an id or a cookie of it tells of a session that was here before
  void find(bool returns);
  /// Waits for this backend in front of all others, since the session's data is there.
  void wait_for(balance::Backend& home);
  /// What it has waited for.
  [[nodiscard]] bool is_home(const balance::Backend& backend) const noexcept {
    return home_ == &backend;
  }
  /// It waits, or has waited.
  [[nodiscard]] bool has_waited() const noexcept { return queued_since_.has_value(); }
  /// The wait was too long.
  void expire();
  /// The exchange ends: nothing is waited for any more.
  void give_up();
  /// The session has not opened: its client may come again as one that has lost one.
  void return_credit();

 private:
  using Refusal = balance::Assigner::Refusal;

  [[nodiscard]] balance::Rank rank();
  void wait_for_room(Refusal refusal);
  void set_queued(bool queued) noexcept;
  void await_home(bool awaits) noexcept;
  bool on_turn(TimePoint now) noexcept override;
  void on_displaced() noexcept override;
  [[nodiscard]] balance::Reservation place_for(TimePoint now, Refusal& refusal);
  void leave_queue(metrics::AdmissionResult result);
  void count_wait(TimePoint now);
  void refuse(Refusal refusal);
  void refuse(const Shed& shed);

  Worker& worker_;
  const RequestFacts& facts_;
  std::vector<balance::Backend*>& tried_;
  Owner& owner_;
  balance::Backend* home_ = nullptr;       // where it waits for its turn
  std::optional<balance::Rank> rank_;      // once somebody else wants room too
  std::optional<TimePoint> queued_since_;  // once it has waited for room
  bool queued_ = false;
  bool awaits_home_ = false;  // counted there
  bool returns_ = false;
  bool credit_taken_ = false;  // for a session that was lost
};

}  // namespace pinion::proxy
