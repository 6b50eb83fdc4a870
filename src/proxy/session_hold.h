// A request's hold on its session: while it is there the session does not expire; when it goes, the
// table learns what has passed.
//
// Threads: the worker's.
// Lifetime: one exchange, which keeps the sid.
#pragma once

#include <optional>
#include <string_view>

#include "proxy/session_ledger.h"

namespace pinion::proxy {

class SessionHold {
 public:
  /// Nothing when there is no such session. @param sid outlives the hold
  static std::optional<SessionHold> take(SessionLedger& ledger, PoolId pool, std::string_view sid,
                                         TimePoint now);
  ~SessionHold() { release(seen_); }
  SessionHold(SessionHold&& other) noexcept;
  SessionHold& operator=(SessionHold&& other) noexcept = delete;

  [[nodiscard]] const session::PinTable::Found& found() const noexcept { return found_; }
  [[nodiscard]] session::SessionKey key() const noexcept { return {pool_, sid_}; }
  [[nodiscard]] std::string_view sid() const noexcept { return sid_; }
  session::Traffic& traffic() noexcept { return traffic_; }
  /// The request was held up for so long; the table is told with the next that it hears.
  void add_pause(Duration paused) noexcept {
    traffic_.paused_ns += static_cast<std::uint64_t>(paused.count());
  }
  /// The session may live elsewhere by now. @returns false when it has gone
  bool look_again();
  /// The request is a POST of at least so many bytes, which count against what the client may send
  /// from now on, so that others at the same time wait for them. @returns how long it has to wait
  /// for what has come before
  [[nodiscard]] Duration begin_to_send(const EventRate& rate, std::uint64_t bytes,
                                       TimePoint now) noexcept;
  /// What else it has brought counts too.
  void charge(const EventRate& rate, TimePoint now) noexcept;
  /// Tells the table now, and how long the request was paused so far; of what waits, what is told
  /// last is taken back when the hold goes.
  void tell_waiting(session::Waiting waiting) noexcept;
  /// @param word a literal
  void note_error(std::string_view word) noexcept;
  void note_ping(session::PingNote note, TimePoint now) noexcept;
  /// The session ends with this request. Tells the table now, so that whoever hears the answer
  /// finds the session's place free, on any worker.
  void close_session(metrics::CloseReason reason) noexcept;
  /// Tells the table now. Does nothing the second time.
  void release(TimePoint now) noexcept;

 private:
  SessionHold(SessionLedger& ledger, PoolId pool, std::string_view sid, TimePoint now,
              session::PinTable::Found found)
      : ledger_(&ledger), pool_(pool), sid_(sid), seen_(now), found_(std::move(found)) {}

  SessionLedger* ledger_;
  PoolId pool_;
  std::string_view sid_;
  TimePoint seen_;
  session::PinTable::Found found_;
  session::Traffic traffic_;
  session::Traffic charged_;  // of it, or ahead of it
  session::Waiting told_;
};

}  // namespace pinion::proxy
