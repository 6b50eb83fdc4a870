// Which sessions to move away from backends that have too many, and when: at most so many a second,
// the longest idle first, and those that stream only after `patience`.
//
// Threads: one; a value that takes the time as a parameter.
// Lifetime: from the order to move until nothing is left to be moved, or it is taken back.
// Invariants: a session is named by moved() once, or again when it has stayed. In no second more
// than per_second * 1.5, or one,
//   are due.
#pragma once

#include <cstdint>
#include <deque>
#include <limits>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/clock.h"
#include "session/session.h"

namespace pinion::session {

class MovePlan {
 public:
  /// A session that carried something of a message so lately is streaming, as is one in the middle
  /// of a message.
  static constexpr Duration kStreaming = std::chrono::seconds{3};
  /// How old the list of sessions may be that is chosen from.
  static constexpr Duration kListAge = std::chrono::seconds{1};
  static constexpr std::uint64_t kAll = std::numeric_limits<std::uint64_t>::max();

  struct Terms {
    double per_second = 10;  // above 0
    Duration patience{};
  };
  /// How many sessions are to leave each backend.
  using Quotas = std::unordered_map<BackendId, std::uint64_t>;

  MovePlan(const Terms& terms, Quotas quotas, TimePoint start);

  /// From now on; patience counts from the start all the same.
  void set_terms(const Terms& terms) noexcept { terms_ = terms; }
  /// Time goes on: more may be moved.
  void advance(TimePoint now);
  /// Whether one may be moved now and the list is too old or used up: offer() a new one.
  [[nodiscard]] bool wants_list(TimePoint now) const noexcept;
  /// All sessions of the backends.
  void offer(std::vector<Session> sessions, TimePoint now);
  /// The next to be moved, as it was when it was listed; nothing when none may be moved now. Each
  /// is taken off the list.
  std::optional<Session> next(TimePoint now);
  /// Whether a session, as it is now, may be moved now.
  [[nodiscard]] bool allows(const Session& session, TimePoint now) const noexcept;
  /// It is being moved.
  void moved(const Session& session);

  /// From now on these are to leave. What was moved stays counted, and patience goes on.
  void aim(Quotas quotas) noexcept;
  /// No more than so many are to leave that backend.
  void limit(BackendId backend, std::uint64_t most) noexcept;
  /// How many are still to leave it.
  [[nodiscard]] std::uint64_t remaining(BackendId backend) const noexcept;
  [[nodiscard]] bool done() const noexcept;
  [[nodiscard]] std::uint64_t moved() const noexcept { return moved_; }
  /// From that backend.
  [[nodiscard]] std::uint64_t moved(BackendId backend) const noexcept;
  [[nodiscard]] double per_second() const noexcept { return terms_.per_second; }

 private:
  void stayed(BackendId backend) noexcept;

  Terms terms_;
  Quotas quotas_;
  TimePoint start_, advanced_;
  double due_ = 1;  // may be moved at once
  std::uint64_t moved_ = 0;
  Quotas moved_from_;
  std::optional<TimePoint> listed_;
  std::deque<Session> list_;  // the next in front
  // Serials of those that were moved and are still there, and from where. Without a WebSocket they
  // leave at once.
  std::unordered_map<std::uint64_t, BackendId> leaving_;
};

}  // namespace pinion::session
