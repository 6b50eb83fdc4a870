// What a run has counted and timed.
//
// Threads: the loop's; a value once the run is over.
// Invariants: its size does not depend on how long the run is, or how many sessions it has.
#pragma once

#include <algorithm>
#include <cstdint>

#include "base/clock.h"
#include "loadgen/histogram.h"
#include "loadgen/tally.h"

namespace pinion::loadgen {

/// A session that waits, and hears nothing for so long, has stalled.
inline constexpr Duration kStall = std::chrono::seconds{1};

struct Measurements {
  // Sessions.
  std::uint64_t started = 0;
  std::uint64_t joined = 0;       // have been in their namespace at some time
  std::uint64_t present = 0;      // are in it now
  std::uint64_t returned = 0;     // times that one came back
  std::uint64_t missing = 0;      // were not in it at the end
  std::uint64_t stayed = 0;       // were, but still polled after an upgrade that failed
  std::uint64_t upgraded = 0;     // times that one went from polling to WebSocket
  Tally unreachable;              // times that a handshake got no answer, and why
  Tally refused;                  // handshakes answered otherwise than by a session, by status
  Tally closed;                   // sessions ended by the other side, and why
  Tally not_upgraded;             // upgrades that failed, and why
  std::uint64_t unknown_sid = 0;  // answers that a session is not known
  std::uint64_t retry_after = 0;  // refusals that say when to come again
  Duration retry_after_least{}, retry_after_most{};

  // Messages.
  std::uint64_t sent = 0;
  std::uint64_t answered = 0;
  std::uint64_t lost = 0;       // sent, and no reply until the session or the run ended
  std::uint64_t held_back = 0;  // not sent, since too much of the session waits already
  std::uint64_t heard = 0;      // events and acks
  std::uint64_t bytes_out = 0, bytes_in = 0;  // of everything, heads and frames included

  // Times.
  Histogram handshake;  // from the start of a session to its open packet
  Histogram connect;    // from the start to the acceptance of its CONNECT
  Histogram delay;      // from a message to its ack, or to the first event that answers it
  Histogram gap;        // between two such events of one stream
  Histogram lateness;   // of the load itself: how long after its time each message left
  std::uint64_t stalls = 0;
  std::uint64_t stalled_sessions = 0;
  Duration longest_stall{};

  void count_retry_after(Duration wait) noexcept {
    retry_after_least = retry_after == 0 ? wait : std::min(retry_after_least, wait);
    retry_after_most = std::max(retry_after_most, wait);
    ++retry_after;
  }
  /// @param first of its session
  void count_stall(Duration silence, bool first) noexcept {
    ++stalls;
    stalled_sessions += first ? 1 : 0;
    longest_stall = std::max(longest_stall, silence);
  }
};

/// Whether nothing was lost and nothing failed. Who comes back has not failed, if it may.
inline bool is_clean(const Measurements& all, bool reconnect) noexcept {
  const bool ends = all.unreachable.total() + all.refused.total() + all.closed.total() != 0;
  return all.joined != 0 && all.lost == 0 && all.missing == 0 && all.stayed == 0 &&
         (reconnect || !ends);
}

}  // namespace pinion::loadgen
