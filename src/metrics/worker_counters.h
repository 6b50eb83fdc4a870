// What one thread counts. The reader adds the workers up; nothing here is written by two threads.
//
// Threads: written by its worker, read by the control thread at any time.
// Lifetime: as long as the process; made before the workers start.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/counter.h"
#include "base/grow_only.h"
#include "base/ids.h"
#include "metrics/close_reason.h"

namespace pinion::metrics {

enum class Direction : unsigned char { in, out };  // in: from the client; out: to the client
inline constexpr std::size_t kDirections = 2;
constexpr std::string_view to_string(Direction direction) noexcept {
  return direction == Direction::in ? "in" : "out";
}

enum class ConnectResult : unsigned char { ok, refused, timeout, error, count_ };
inline constexpr std::size_t kConnectResults = static_cast<std::size_t>(ConnectResult::count_);
constexpr std::string_view to_string(ConnectResult result) noexcept {
  constexpr std::string_view kNames[] = {"ok", "refused", "timeout", "error"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kConnectResults);
  return kNames[static_cast<std::size_t>(result)];
}

enum class ShedReason : unsigned char {
  no_backend,
  sessions_full,
  connections,
  descriptors,  // a client that could not be accepted
  buffers,
  shutdown,
  rate,                 // every backend with room had its share of this moment, and nobody may wait
  queue_full,           // as many wait for room as may
  queue_expired,        // waited for room in vain
  overload_plain,       // a plain request, refused by the ladder
  overload_handshakes,  // a handshake, refused by the ladder
  count_
};
inline constexpr std::size_t kShedReasons = static_cast<std::size_t>(ShedReason::count_);
constexpr std::string_view to_string(ShedReason reason) noexcept {
  constexpr std::string_view kNames[] = {
      "no_backend",         "sessions_full", "connections", "descriptors",   "buffers",
      "shutdown",           "rate",          "queue_full",  "queue_expired", "overload_plain",
      "overload_handshakes"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kShedReasons);
  return kNames[static_cast<std::size_t>(reason)];
}

/// What became of a handshake that waited for room.
enum class AdmissionResult : unsigned char { admitted, expired, refused, left, count_ };
inline constexpr std::size_t kAdmissionResults = static_cast<std::size_t>(AdmissionResult::count_);
constexpr std::string_view to_string(AdmissionResult result) noexcept {
  constexpr std::string_view kNames[] = {"admitted", "expired", "refused", "left"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kAdmissionResults);
  return kNames[static_cast<std::size_t>(result)];
}

/// What became of a session whose CONNECT named an id of another backend than its handshake chose,
/// or did not tell whether it does.
enum class RebindResult : unsigned char {
  moved,
  refused,   // the right backend is gone, full, or does not take it
  failed,    // it did not answer as it should, or in time
  unlike,    // what it offers is not what the client was told
  late,      // other requests of the session had gone to the wrong one already
  unread,    // messages before or with the CONNECT could not be read
  unjoined,  // its client speaks without any CONNECT
  count_
};
inline constexpr std::size_t kRebindResults = static_cast<std::size_t>(RebindResult::count_);
constexpr std::string_view to_string(RebindResult result) noexcept {
  constexpr std::string_view kNames[] = {"moved", "refused", "failed",  "unlike",
                                         "late",  "unread",  "unjoined"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kRebindResults);
  return kNames[static_cast<std::size_t>(result)];
}

/// What an application's id (or pinion's cookie) said of where a request belongs.
enum class AffinityResult : unsigned char {
  followed,
  unknown,  // none of the ids is known
  away,     // the backend that it belongs to is gone or takes no sessions
  count_
};
inline constexpr std::size_t kAffinityResults = static_cast<std::size_t>(AffinityResult::count_);
constexpr std::string_view to_string(AffinityResult result) noexcept {
  constexpr std::string_view kNames[] = {"followed", "unknown", "away"};
  static_assert(sizeof(kNames) / sizeof(kNames[0]) == kAffinityResults);
  return kNames[static_cast<std::size_t>(result)];
}

/// Frames by what they are, as DirectionCounters::frames counts them.
inline constexpr std::size_t kFrameKinds = 6;
inline constexpr std::array<std::string_view, kFrameKinds> kFrameKindNames = {
    "text", "binary", "continuation", "close", "ping", "pong"};

/// Upper bounds of the buckets of request durations, in seconds; the last bucket has no bound.
inline constexpr std::array<double, 12> kDurationBounds = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                           0.1,   0.25,   0.5,   1.0,  5.0,   30.0};
/// Upper bounds of the buckets of frame sizes, in bytes.
inline constexpr std::array<double, 6> kFrameSizeBounds = {128,   1024,    8192,
                                                           65536, 1048576, 16777216};

template <std::size_t Buckets>
struct Histogram {
  std::array<Counter, Buckets + 1> buckets;
  Counter sum;  // in the unit that the owner says

  void observe(const std::array<double, Buckets>& bounds, double value,
               std::uint64_t add) noexcept {
    std::size_t at = 0;
    while (at < Buckets && value > bounds[at]) ++at;
    buckets[at].add();
    sum.add(add);
  }
};

/// Answers of one pool by status code, 100 to 599.
struct PoolCounters {
  std::array<Counter, 500> requests;
  Counter unknown_sid;
  Counter retries;            // requests that were sent again on a new connection
  Counter event_rate_pauses;  // of clients above [pool.event_rate]
  std::array<Counter, kAdmissionResults> admissions;
  Histogram<kDurationBounds.size()> admission_wait;  // of those admitted; sum in nanoseconds

  std::array<Counter, kRebindResults> rebinds;
  std::array<Counter, kAffinityResults> affinities;

  void rebind(RebindResult result) noexcept { rebinds[static_cast<std::size_t>(result)].add(); }
  void affinity(AffinityResult result) noexcept {
    affinities[static_cast<std::size_t>(result)].add();
  }
  void admission(AdmissionResult result) noexcept {
    admissions[static_cast<std::size_t>(result)].add();
  }

  void answered(int status) noexcept {
    if (status >= 100 && status < 600) requests[static_cast<std::size_t>(status - 100)].add();
  }
};

struct DirectionCounters {
  std::array<Counter, kFrameKinds> frames;
  Counter polled_packets;
  Counter bytes;
  Counter paused;
  Counter paused_ns;
  Histogram<kFrameSizeBounds.size()> frame_sizes;  // sum in bytes
};

struct alignas(64) WorkerCounters {
  explicit WorkerCounters(std::size_t pool_count = 0) : pools(pool_count) {}

  std::array<DirectionCounters, kDirections> directions;
  std::array<Counter, kCloseReasons> closes;
  std::array<Counter, kConnectResults> upstream_connects;
  std::array<Counter, kShedReasons> shed;
  Counter accepted, closed;  // client connections; the difference is open now
  Counter head_errors;       // requests refused by the parser
  Counter unrouted;          // requests that no route matched
  Counter frame_errors;      // tunnels whose frames could no longer be followed
  Counter farewells_dropped;
  Counter queued_bytes;  // waiting now, both directions
  Counter loop_lag_ns;   // the last measured delay of this worker's loop
  Histogram<kDurationBounds.size()> request_duration;  // sum in nanoseconds
  GrowOnly<PoolCounters, kMostPools> pools;            // by index into Config::pools
  PoolCounters no_pool;                                // requests that never got to one

  DirectionCounters& direction(Direction d) noexcept {
    return directions[static_cast<std::size_t>(d)];
  }
};

/// By worker.
using AllCounters = std::vector<std::unique_ptr<WorkerCounters>>;

}  // namespace pinion::metrics
