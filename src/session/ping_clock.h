// The round-trip time of a session, from its own Engine.IO pings: v4's server pings and its client
// answers, v3's client pings and its server answers, so it is the answering side that is measured.
//
// Threads: a value, guarded by its session's shard.
// Invariants: only an answer to a ping that was seen is measured, and from the first ping that is
//   still unanswered.
#pragma once

#include <algorithm>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

#include "base/clock.h"

namespace pinion::session {

/// What of a session's pings has passed.
enum class PingNote : unsigned char {
  ping_of_client,
  ping_of_backend,
  pong_of_client,
  pong_of_backend,
  compressed,  // permessage-deflate hides which frames are pings
};

class PingClock {
 public:
  void note(PingNote note, TimePoint now) noexcept {
    switch (note) {
      case PingNote::ping_of_client:
      case PingNote::ping_of_backend:
        return begin(note, now);
      case PingNote::pong_of_client:
        return end(PingNote::ping_of_backend, Seen::client, now);
      case PingNote::pong_of_backend:
        return end(PingNote::ping_of_client, Seen::backend, now);
      case PingNote::compressed:
        if (seen_ == Seen::not_yet) seen_ = Seen::compressed;
        return;
    }
  }

  /// The last one that was measured.
  [[nodiscard]] std::optional<Duration> round_trip() const noexcept {
    if (seen_ != Seen::client && seen_ != Seen::backend) return std::nullopt;
    return std::chrono::microseconds{micros_};
  }
  /// Which side the time is that of (client, backend), or why there is none (not_yet, compressed).
  [[nodiscard]] std::string_view seen() const noexcept {
    constexpr std::string_view kNames[] = {"not_yet", "client", "backend", "compressed"};
    return kNames[static_cast<std::size_t>(seen_)];
  }

 private:
  enum class Seen : unsigned char { not_yet, client, backend, compressed };

  void begin(PingNote ping, TimePoint now) noexcept {
    if (sent_ != TimePoint{} && ping == ping_) return;
    sent_ = now;
    ping_ = ping;
  }
  void end(PingNote ping, Seen side, TimePoint now) noexcept {
    if (sent_ == TimePoint{} || ping != ping_) return;
    const auto took = std::chrono::duration_cast<std::chrono::microseconds>(now - sent_).count();
    micros_ = static_cast<std::uint32_t>(
        std::clamp<std::int64_t>(took, 0, std::numeric_limits<std::uint32_t>::max()));
    seen_ = side;
    sent_ = TimePoint{};
  }

  TimePoint sent_{};  // the epoch: no ping is unanswered
  std::uint32_t micros_ = 0;
  PingNote ping_ = PingNote::ping_of_backend;
  Seen seen_ = Seen::not_yet;
};
static_assert(sizeof(PingClock) <= 16, "every session has one");

}  // namespace pinion::session
