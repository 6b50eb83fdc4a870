// What pinion knows of one Engine.IO session.
//
// Threads: values; the live ones are guarded by their shard of the PinTable.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/event_meter.h"
#include "base/ids.h"
#include "session/affinity_table.h"
#include "session/ping_clock.h"
#include "session/rates.h"

namespace pinion::session {

enum class Transport : unsigned char { polling, websocket };

constexpr std::string_view to_string(Transport transport) noexcept {
  return transport == Transport::websocket ? "websocket" : "polling";
}

/// Sids are the servers' words, so two pools may use the same one.
struct SessionKey {
  PoolId pool = 0;
  std::string_view sid;
};

/// What has passed, seen from the client: in is from it, out is to it.
struct Traffic {
  std::uint64_t frames_in = 0, frames_out = 0;  // WebSocket frames, or polled packets
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t paused_ns = 0;  // time in which a source was not read on purpose
  bool beyond_pings = false;    // something of a message, not only pings, pongs and control frames
};

/// The same of a whole session.
struct Totals {
  std::uint64_t frames_in = 0, frames_out = 0;
  std::uint64_t bytes_in = 0, bytes_out = 0;
  std::uint64_t paused_ns = 0;

  Totals& operator+=(const Traffic& more) noexcept {
    frames_in += more.frames_in;
    frames_out += more.frames_out;
    bytes_in += more.bytes_in;
    bytes_out += more.bytes_out;
    paused_ns += more.paused_ns;
    return *this;
  }
};

/// What holds a session up.
enum class Condition : unsigned char {
  flowing,  // nothing
  limited,  // its client sends more than it may, and is not read for a while
  stalled,  // its client takes nothing of what waits for it
  closing,  // by pinion, or one of its peers has said goodbye
};

/// What its tunnel or poll last told of what waits.
struct Waiting {
  std::uint64_t bytes = 0;  // both directions
  Condition condition = Condition::flowing;
  bool mid_message = false;  // in either direction
  bool operator==(const Waiting&) const = default;
};

/// How far a session has come that may be moved to where its application's id belongs.
enum class Joining : unsigned char {
  done,     // its CONNECT has been read, or is of no interest
  awaited,  // what else its client asks for waits until then
  moving,   // it has been read, and the session is being moved; what else is asked for waits
  passed,   // it is still to come, but what else its client asks for has gone to the backend
};
constexpr bool is_waited_for(Joining joining) noexcept {
  return joining == Joining::awaited || joining == Joining::moving;
}
constexpr bool is_yet_to_join(Joining joining) noexcept {
  return joining == Joining::awaited || joining == Joining::passed;
}

/// What a client speaks by polling. Servers go by its handshake, whatever it says later. (Python
/// goes by each request for `j`; whoever changes that has its close packets overlooked.)
struct Dialect {
  std::uint8_t revision = 4;  // of the protocol: 3 or 4
  bool jsonp = false;
  bool operator==(const Dialect&) const = default;
};

/// What is kept of a session, but for its sid.
struct Pin {
  std::string client;      // address of the client that opened it
  TimePoint last_moved{};  // when something of a message last passed, in either direction
  Totals traffic;
  std::uint64_t queued_bytes = 0;
  Rates rates;      // at last_seen
  EventMeter sent;  // by POSTs, of a pool that limits it
  PingClock pings;
  std::string_view last_error;  // a literal; empty: there was none

  // What its requests ask for.
  std::uint64_t serial = 0;  // tells a session from a later one with the same sid
  PoolId pool = 0;
  BackendId backend = 0;
  TimePoint opened{};
  TimePoint last_seen{};
  Duration time_to_live{};        // pingInterval + pingTimeout
  std::uint64_t max_payload = 0;  // bytes, as its client was told; 0: it was not
  /// What its backend calls it, if it was moved to one that calls it otherwise than its client.
  std::shared_ptr<const std::string> upstream_sid;
  AffinityTable::Entry* affinity = nullptr;  // held until the session ends
  std::uint32_t requests = 0;                // polls and POSTs in flight
  std::uint16_t worker = 0;                  // that has its tunnel
  Transport transport = Transport::polling;
  bool has_tunnel = false;  // a WebSocket carries it, or is about to
  Dialect dialect{};        // of its handshake
  Joining joining = Joining::done;
  Condition condition = Condition::flowing;
  bool mid_message = false;  // the rest of one is still to come

  /// A sign of life.
  void seen(TimePoint now) noexcept {
    if (now <= last_seen) return;
    rates.decay(now - last_seen);
    last_seen = now;
  }
  /// What has passed up to last_seen.
  void pass(const Traffic& passed) noexcept {
    traffic += passed;
    rates.add(passed);
  }
  void waits(const Waiting& waiting) noexcept {
    queued_bytes = waiting.bytes;
    condition = waiting.condition;
    mid_message = waiting.mid_message;
  }
};

struct Session : Pin {
  std::string sid;
};

}  // namespace pinion::session
