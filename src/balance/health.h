// Whether a backend can be counted on, from what its connects, its answers and its probes were
// like.
//
// Threads: any. up() is one atomic load; good news of a backend that is up is another. The rest is
//   rare and takes a mutex.
// Lifetime: part of its Backend.
// Invariants: down after one connect that failed, or `fall` other faults in a row; those that timed
//   out are in a row until one is taken, all others until a good answer. Up after `rise` good
//   answers in a row, once its hold-down is over. The hold-down is nothing at first; each time that
//   the backend goes down again within kSteady of coming up it doubles, up to kLongestHold. While
//   it is down it is tried after kFirstRetry, then twice as long each time, up to kLongestRetry.
//   Silent after a handshake that was not answered, until anything is. Failing after `fall`
//   handshakes in a row that were answered 5xx, or made it silent, or kClosedInARow that it closed,
//   until one opens a session: probes and other requests say nothing of that.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <string_view>

#include "base/clock.h"

namespace pinion::balance {

/// What is held against a backend.
enum class Fault : unsigned char {
  none,
  connect,          // a connect failed
  connect_timeout,  // a connect was not taken in time
  timeout,          // a probe was not answered in time
  closed,           // a probe's connection ended before the answer
  status,           // a probe was answered with a status that it should not have
  bad_answer,       // a probe's answer was no HTTP
  bad_upgrade,      // a probe's WebSocket was opened by a 101 that no browser would take
  no_open_packet,   // ... and said nothing in time
  other_packet,     // ... and began with something else than an open packet
  bad_gateway,      // requests were answered 502
};

/// For people: "cannot be connected to".
std::string_view describe(Fault fault) noexcept;

class Health {
 public:
  static constexpr Duration kFirstRetry = std::chrono::milliseconds{250};
  static constexpr Duration kLongestRetry = std::chrono::seconds{5};
  static constexpr Duration kSteady = std::chrono::minutes{1};
  static constexpr Duration kFirstHold = std::chrono::seconds{1};
  static constexpr Duration kLongestHold = std::chrono::minutes{1};
  static constexpr Duration kOverdue = std::chrono::seconds{10};
  static constexpr std::uint32_t kClosedInARow = 10;
  /// Connects that time out within it are one fault: a backlog was full for a moment.
  static constexpr Duration kMoment = std::chrono::milliseconds{250};

  /// How many in a row make a difference; from the config, before the backend is used or on reload.
  void set_rules(std::uint32_t rise, std::uint32_t fall) noexcept;

  [[nodiscard]] bool up() const noexcept { return up_.load(std::memory_order_acquire); }
  /// Why it is down, or the newest thing held against it while it is up.
  [[nodiscard]] Fault fault() const noexcept { return fault_.load(std::memory_order_relaxed); }

  /// @returns true if it was up until now
  bool connect_failed(TimePoint now) noexcept;
  /// A connect was not taken in time: nobody is there, or its backlog is full, or a SYN was lost
  /// twice. @returns true if it was up until now
  bool connect_timed_out(TimePoint now) noexcept;
  /// One was taken.
  void connected() noexcept;
  /// The last one that is known of was not taken in time.
  [[nodiscard]] bool misses_connects() const noexcept {
    return misses_connects_.load(std::memory_order_relaxed);
  }
  /// Any other fault. @returns true if it was up until now
  bool failed(Fault fault, TimePoint now) noexcept;
  /// It has answered as it should. @returns true if it was down until now
  bool answered(TimePoint now) noexcept;
  /// A request got another answer than 502. (That probes pass says nothing of what is behind it.)
  /// It says that the process is there and answers, and nothing against a probe that was answered
  /// otherwise than it should: such a backend says itself that it is not fit. Nor against a refused
  /// connect: who stops listening may still answer what it has. @returns true if it was down until
  /// now
  bool request_answered(TimePoint now) noexcept;
  /// How often it was down and came back.
  [[nodiscard]] std::uint64_t returns() const noexcept {
    return returns_.load(std::memory_order_relaxed);
  }
  /// How often it was up and has begun to open sessions again: it was silent, or failed handshakes.
  [[nodiscard]] std::uint64_t trusted_again() const noexcept {
    return trusted_again_.load(std::memory_order_acquire);
  }
  /// How often nobody listened there before it came up: another process has taken its place.
  [[nodiscard]] std::uint64_t replaced() const noexcept {
    return replaced_.load(std::memory_order_relaxed);
  }
  /// It is down since connects failed. That connections from before are answered says little then.
  [[nodiscard]] bool cannot_be_reached() const noexcept {
    return !up() && (fault() == Fault::connect || fault() == Fault::connect_timeout);
  }

  /// @returns true the first time that nobody listened there since it was last up
  bool first_refusal() noexcept { return !refused_.exchange(true, std::memory_order_relaxed); }
  /// When a backend that is down is to be tried again.
  [[nodiscard]] TimePoint retry_at() const noexcept;
  /// Before this it does not come up, however well it answers.
  [[nodiscard]] TimePoint held_until() const noexcept;

  /// Connected to, but the last handshake had no answer, nor did anything since.
  [[nodiscard]] bool silent() const noexcept { return silent_.load(std::memory_order_relaxed); }
  /// @returns true if it was thought to answer until now
  bool fell_silent() noexcept { return !silent_.exchange(true, std::memory_order_relaxed); }
  /// It has said something that is HTTP. @returns true if it was silent until now
  bool heard() noexcept {
    if (!silent()) return false;
    trusted_again_.fetch_add(1, std::memory_order_release);
    return silent_.exchange(false, std::memory_order_release);
  }

  /// A handshake has opened a session, or @param failed. @returns whether that is news: from now on
  /// it fails handshakes, or it does so no more
  bool handshake_answered(bool failed, TimePoint now) noexcept;
  /// The connection of one ended instead of an answer, as it does for a WebSocket that an
  /// application refuses: only many in a row count, and whoever asks whether people may be sent
  /// here does not hear of it. @returns as handshake_answered()
  bool handshake_closed(TimePoint now) noexcept;
  /// It was answered, and has opened none, for it may not have been one: no failure, so those were
  /// not in a row. What was found to fail is not trusted for that.
  void handshake_refused() noexcept;
  /// Its last `fall` handshakes have failed.
  [[nodiscard]] bool fails_handshakes() const noexcept {
    return fails_handshakes_.load(std::memory_order_relaxed);
  }
  /// Whether a handshake may go to it. One that fails them gets another to try after kFirstHold,
  /// then after twice as long each time, up to kLongestHold.
  [[nodiscard]] bool may_try_handshake(TimePoint now) const noexcept {
    return !fails_handshakes() ||
           now.time_since_epoch().count() >= next_try_ns_.load(std::memory_order_relaxed);
  }
  /// A try has been due for so long that nobody can know whether it still fails them, as no
  /// handshake has come; or it never failed one in so many words.
  [[nodiscard]] bool may_open(TimePoint now) const noexcept {
    return only_closed_.load(std::memory_order_relaxed) || may_try_handshake(now - kOverdue);
  }
  /// A handshake goes to it. @returns false if one that fails them has got its try meanwhile
  bool take_try(TimePoint now) noexcept;

  /// Something looked wrong (a session broke off): it is worth a look before anybody asks.
  void suspect() noexcept { suspected_.store(true, std::memory_order_relaxed); }
  /// Takes the suspicion away. @returns whether there was one
  bool take_suspicion() noexcept { return suspected_.exchange(false, std::memory_order_relaxed); }

 private:
  bool recovered(TimePoint now) noexcept;
  void fail_handshakes(TimePoint now) noexcept;
  void forget_bad_gateways() noexcept;
  void forget_connect_timeouts() noexcept;
  bool go_down(Fault fault, TimePoint now) noexcept;
  void trust_handshakes() noexcept;

  std::atomic<bool> up_{true};
  std::atomic<bool> unfit_{false};  // the last probe that was answered said so
  std::atomic<Fault> fault_{Fault::none};
  std::atomic<bool> faults_pending_{false};        // faults_ is not 0
  std::atomic<bool> bad_gateways_pending_{false};  // bad_gateways_ is not 0
  std::atomic<bool> misses_connects_{false};       // connect_timeouts_ is not 0
  std::atomic<std::uint64_t> returns_{0}, trusted_again_{0}, replaced_{0};
  std::atomic<bool> suspected_{false};
  std::atomic<bool> refused_{false};
  std::atomic<bool> silent_{false};
  std::atomic<bool> handshake_faults_pending_{false};  // handshake_faults_ is not 0
  std::atomic<bool> fails_handshakes_{false};
  std::atomic<bool> only_closed_{false};      // is why
  std::atomic<std::int64_t> next_try_ns_{0};  // of a handshake, while it fails them

  mutable std::mutex mutex_;
  // All below is guarded by mutex_.
  std::uint32_t rise_ = 1;
  std::uint32_t fall_ = 1;
  std::uint32_t faults_ = 0;             // in a row
  std::uint32_t bad_gateways_ = 0;       // in a row
  std::uint32_t connect_timeouts_ = 0;   // in a row
  std::uint32_t handshake_faults_ = 0;   // in a row
  std::uint32_t handshakes_closed_ = 0;  // in a row
  std::uint32_t answers_ = 0;            // in a row, while down
  std::uint32_t retries_ = 0;            // since it went down
  TimePoint connect_timed_out_at_{};     // that was counted
  TimePoint retry_at_{};
  TimePoint held_until_{};
  TimePoint up_since_{};
  Duration hold_{};
  Duration try_again_{};  // after the next try of a handshake
  bool was_down_ = false;
};

}  // namespace pinion::balance
