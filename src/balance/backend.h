// One backend process: who it is, and what it has to do now.
//
// Threads: any; identity is immutable, counts are atomics.
// Lifetime: as long as the process. A backend that leaves the config keeps its sessions and its id;
//   an address that comes back finds its old Backend. So their number is bounded by the addresses
//   ever seen, and plain pointers are safe.
// Invariants: every count that goes up comes down through the same object that raised it
//   (Reservation, Hold), or, for live sessions, when the session leaves the PinTable.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <string>
#include <utility>

#include "balance/forecast.h"
#include "balance/health.h"
#include "balance/latency.h"
#include "balance/load_reading.h"
#include "balance/pace.h"
#include "balance/probe_counts.h"
#include "balance/probe_reading.h"
#include "balance/reported.h"
#include "balance/request_samples.h"
#include "balance/thresholds.h"
#include "balance/traffic.h"
#include "base/counter.h"
#include "base/ids.h"
#include "base/published.h"
#include "base/socket_address.h"

namespace pinion::balance {

struct BackendIdentity {
  BackendId id = 0;
  PoolId pool = 0;
  std::string pool_name;
  std::string name;
  SocketAddress address;
  // As it was first configured; what holds now is asked of the Backend.
  std::uint32_t weight = 1;
  std::uint32_t max_sessions = 0;  // 0: no limit
};

/// Sessions by their stage. Both halves change together, so that a reader never sees a session
/// twice or not at all.
struct Assigned {
  std::uint32_t reserved = 0;  // assigned, handshake not yet answered
  std::uint32_t live = 0;

  [[nodiscard]] std::uint64_t total() const noexcept { return std::uint64_t{reserved} + live; }
};

class Backend {
 public:
  static constexpr std::uint32_t kWeightUnit = AgentWord::kWhole;

  explicit Backend(BackendIdentity identity)
      : identity_(std::move(identity)),
        weight_(identity_.weight),
        max_sessions_(identity_.max_sessions) {}

  [[nodiscard]] const BackendIdentity& identity() const noexcept { return identity_; }
  [[nodiscard]] BackendId id() const noexcept { return identity_.id; }
  [[nodiscard]] std::uint32_t weight() const noexcept {
    return weight_.load(std::memory_order_relaxed);
  }
  /// What its agent leaves of the configured weight, in 1/kWeightUnit; at least one.
  [[nodiscard]] std::uint32_t effective_weight() const noexcept {
    return std::max(weight() * agent_.percent(), 1U);
  }
  /// 0: no limit.
  [[nodiscard]] std::uint32_t max_sessions() const noexcept {
    return max_sessions_.load(std::memory_order_relaxed);
  }
  /// The config says so now.
  void set_share(std::uint32_t weight, std::uint32_t max_sessions) noexcept {
    weight_.store(weight, std::memory_order_relaxed);
    max_sessions_.store(max_sessions, std::memory_order_relaxed);
  }
  [[nodiscard]] Health& health() noexcept { return health_; }
  [[nodiscard]] const Health& health() const noexcept { return health_; }
  /// What probes tell of its event loop; confidence 0 until they told something.
  [[nodiscard]] ProbeReading probe_reading() const noexcept { return probe_reading_.get(); }
  /// For the thread that probes, the only one that calls this.
  void set_probe_reading(const ProbeReading& reading) noexcept { probe_reading_.set(reading); }
  /// How long a new event has to wait there, as far as probes tell: by those that were answered, or
  /// by one that is still out, when that has waited longer.
  [[nodiscard]] Duration probe_wait(const ProbeReading& reading, TimePoint now) const noexcept;
  /// When probes last told something of it: when one was answered, or now, while one is out for
  /// longer than it need be.
  [[nodiscard]] TimePoint probe_told_at(const ProbeReading& reading, TimePoint now) const noexcept;
  /// A probe went out then, and waits for its answer; zero: none does. For the thread that probes.
  void set_probe_out(TimePoint since) noexcept {
    probe_out_.store(since, std::memory_order_relaxed);
  }
  /// Of the sessions that it is given.
  [[nodiscard]] Pace& pace() noexcept { return pace_; }
  [[nodiscard]] const Pace& pace() const noexcept { return pace_; }

  /// It is being emptied: what it has goes on, nothing new comes.
  [[nodiscard]] bool draining() const noexcept {
    return draining_.load(std::memory_order_acquire) || agent_.wants_no_sessions();
  }
  /// By an operator's order.
  [[nodiscard]] bool told_to_drain() const noexcept {
    return draining_.load(std::memory_order_acquire);
  }
  /// @returns whether that is news
  bool set_draining(bool draining) noexcept;
  /// How often it has begun to take sessions again: it was down, or silent, or failed handshakes,
  /// or was to be emptied, by an operator or by its agent. Whoever sees it take them sees this.
  [[nodiscard]] std::uint64_t returns() const noexcept {
    return health_.returns() + health_.trusted_again() + agent_.returns() +
           undrained_.load(std::memory_order_acquire);
  }
  /// No more sessions than these can be on it, as far as anything limits them now: its own limit,
  /// its agent's, the pool's, or that it is full.
  [[nodiscard]] std::uint64_t most_sessions() const noexcept;
  /// Nothing is on it: no session, no handshake, no request.
  [[nodiscard]] bool empty() const noexcept { return assigned().total() == 0 && inflight() == 0; }
  /// New sessions may come to it, as far as it has room: it is up, and as far as is known it
  /// answers handshakes and lets them succeed.
  [[nodiscard]] bool opens_sessions() const noexcept {
    return health_.up() && !health_.silent() && !health_.fails_handshakes() && !draining();
  }
  [[nodiscard]] bool takes_sessions() const noexcept { return opens_sessions() && !is_full(); }
  /// It does so, or nobody has tried for long: whoever sends people here may have stopped because
  /// of that, and would never start again.
  [[nodiscard]] bool may_take_sessions(TimePoint now) const noexcept {
    return health_.up() && !health_.silent() && health_.may_open(now) && !draining() && !is_full();
  }
  /// A session that belongs to it may be opened there: one that fails its handshakes gets this one
  /// to try, if that is due (Health::take_try).
  [[nodiscard]] bool tries_sessions(TimePoint now) const noexcept {
    return health_.up() && !health_.silent() && health_.may_try_handshake(now) && !draining() &&
           !is_full();
  }
  /// It is up, or only slow to answer: what it had it has still.
  [[nodiscard]] bool keeps_data() const noexcept {
    const Fault fault = health_.fault();
    return health_.up() || fault == Fault::timeout || fault == Fault::no_open_packet;
  }
  /// Who has had a session there may come back to it.
  [[nodiscard]] bool takes_back() const noexcept {
    return keeps_data() && !draining() && !is_full();
  }

  /// How its probes ended; counted by the thread that probes.
  [[nodiscard]] ProbeCounts& probe_counts() noexcept { return probe_counts_; }
  [[nodiscard]] const ProbeCounts& probe_counts() const noexcept { return probe_counts_; }

  /// What its answers say of its load.
  [[nodiscard]] ReportedLoad& reported_load() noexcept { return reported_load_; }
  [[nodiscard]] const ReportedLoad& reported_load() const noexcept { return reported_load_; }
  /// How long it takes to begin the answer to a POST of a polling session.
  [[nodiscard]] Latency& push_latency() noexcept { return push_latency_; }
  [[nodiscard]] const Latency& push_latency() const noexcept { return push_latency_; }
  /// How long its engine lets requests wait, beside probes.
  [[nodiscard]] RequestSamples& request_samples() noexcept { return request_samples_; }
  [[nodiscard]] const RequestSamples& request_samples() const noexcept { return request_samples_; }
  /// What its agent said; nothing while it has none.
  [[nodiscard]] AgentWord& agent() noexcept { return agent_; }
  [[nodiscard]] const AgentWord& agent() const noexcept { return agent_; }
  /// How the checks of its agent ended; counted by the thread that makes them.
  [[nodiscard]] ProbeCounts& agent_counts() noexcept { return agent_counts_; }
  [[nodiscard]] const ProbeCounts& agent_counts() const noexcept { return agent_counts_; }

  [[nodiscard]] Assigned assigned() const noexcept;
  /// It gets no new sessions, be it by its level or because it has as many as it may have.
  [[nodiscard]] bool is_full() const noexcept;
  /// How much it has to do, by the thresholds of its pool.
  [[nodiscard]] Standing standing() const noexcept {
    return standing_.load(std::memory_order_relaxed);
  }
  void set_standing(Standing standing) noexcept;
  /// How often its level has changed.
  [[nodiscard]] std::uint64_t level_changes() const noexcept { return read(level_changes_); }
  /// No more sessions than this, nor than its max_sessions. @param most 0: no limit
  void limit_sessions(std::uint32_t most) noexcept {
    pool_limit_.store(most, std::memory_order_relaxed);
  }
  [[nodiscard]] std::uint64_t inflight() const noexcept { return read(inflight_); }
  [[nodiscard]] std::uint64_t websockets() const noexcept { return read(websockets_); }
  /// Bytes that wait to be sent to it because it does not read.
  [[nodiscard]] std::uint64_t queued_bytes() const noexcept { return read(queued_to_); }
  /// For how long bytes have waited for it; the keeper of loads adds to it, as often as it looks.
  [[nodiscard]] Duration blocked() const noexcept {
    return Duration{static_cast<std::int64_t>(blocked_ns_.value())};
  }
  void add_blocked(Duration time) noexcept {
    blocked_ns_.add(static_cast<std::uint64_t>(time.count()));
  }
  /// Bytes that wait on either side of its sessions.
  [[nodiscard]] std::uint64_t queued_bytes_both() const noexcept {
    return read(queued_to_) + read(queued_from_);
  }
  [[nodiscard]] std::uint64_t sessions_total() const noexcept { return read(sessions_total_); }

  /// What has passed, counted now and then by whoever moved it.
  [[nodiscard]] TrafficCounter& traffic() noexcept { return traffic_; }
  [[nodiscard]] const TrafficCounter& traffic() const noexcept { return traffic_; }
  /// What the keeper of loads last told.
  [[nodiscard]] LoadReading load_reading() const noexcept { return load_reading_.get(); }
  /// The same, as choices need it.
  [[nodiscard]] Forecast forecast() const noexcept { return forecast_.get(); }
  /// On the keeper's thread.
  void publish_load(const LoadReading& reading) noexcept {
    load_reading_.set(reading);
    forecast_.set(forecast_of(reading));
  }

  /// Reserves a place if the counts are still `seen`. @returns false when somebody else was faster,
  /// or it is full
  bool try_reserve(Assigned seen) noexcept;
  void release_reservation() noexcept;
  /// A reserved session becomes live.
  void confirm_reservation(bool websocket) noexcept;
  /// One that has become live is here to stay: it is known by its sid.
  void count_session() noexcept { sessions_total_.fetch_add(1, std::memory_order_relaxed); }
  void session_upgraded() noexcept { websockets_.fetch_add(1, std::memory_order_relaxed); }
  void session_ended(bool websocket) noexcept;

  void request_began() noexcept { inflight_.fetch_add(1, std::memory_order_relaxed); }
  void request_ended() noexcept { inflight_.fetch_sub(1, std::memory_order_relaxed); }
  void queue_changed(std::int64_t to_backend, std::int64_t from_backend) noexcept;

 private:
  using Count = std::atomic<std::uint64_t>;
  static std::uint64_t read(const Count& count) noexcept {
    return count.load(std::memory_order_relaxed);
  }

  [[nodiscard]] bool has_all_sessions(Assigned seen) const noexcept;

  BackendIdentity identity_;
  std::atomic<std::uint32_t> weight_, max_sessions_;
  Health health_;
  Published<ProbeReading> probe_reading_;
  std::atomic<TimePoint> probe_out_{TimePoint{}};
  std::atomic<bool> draining_{false};
  Count undrained_{0};
  ProbeCounts probe_counts_;
  Pace pace_;
  std::atomic<std::uint32_t> pool_limit_{0};  // of sessions; 0: none
  std::atomic<Standing> standing_{Standing{}};
  Count level_changes_{0};
  ReportedLoad reported_load_;
  Latency push_latency_;
  RequestSamples request_samples_;
  AgentWord agent_;
  ProbeCounts agent_counts_;
  Count assigned_{0};  // reserved in the high half, live in the low
  Count websockets_{0};
  Count inflight_{0};
  Count queued_to_{0};
  Count queued_from_{0};
  Count sessions_total_{0};
  Counter blocked_ns_;
  // Apart from the counts above, which every choice changes.
  alignas(64) TrafficCounter traffic_;
  alignas(64) Published<Forecast> forecast_;
  Published<LoadReading> load_reading_;
};

/// A place for a session that is not live yet: given back when it dies, unless the session became
/// live.
class Reservation {
 public:
  Reservation() noexcept = default;
  /// Takes over a place that try_reserve() has made.
  explicit Reservation(Backend& backend) noexcept : backend_(&backend) {}
  ~Reservation() { release(); }
  Reservation(Reservation&& other) noexcept : backend_(std::exchange(other.backend_, nullptr)) {}
  Reservation& operator=(Reservation&& other) noexcept {
    std::swap(backend_, other.backend_);
    return *this;
  }

  explicit operator bool() const noexcept { return backend_ != nullptr; }
  [[nodiscard]] Backend* backend() const noexcept { return backend_; }
  void release() noexcept {
    if (Backend* const held = std::exchange(backend_, nullptr)) held->release_reservation();
  }
  /// The session is live: from now on whoever removes it from the PinTable settles the count.
  Backend* confirm(bool websocket) noexcept {
    Backend* const held = std::exchange(backend_, nullptr);
    held->confirm_reservation(websocket);
    return held;
  }

 private:
  Backend* backend_ = nullptr;
};

/// A place on this backend and no other; none when it is full.
inline Reservation reserve_at(Backend& backend) noexcept {
  while (!backend.is_full()) {
    if (backend.try_reserve(backend.assigned())) return Reservation(backend);
  }
  return {};
}

/// A request or tunnel that a backend is busy with.
class InflightHold {
 public:
  InflightHold() noexcept = default;
  explicit InflightHold(Backend& backend) noexcept : backend_(&backend) { backend.request_began(); }
  ~InflightHold() { release(); }
  InflightHold(InflightHold&& other) noexcept : backend_(std::exchange(other.backend_, nullptr)) {}
  InflightHold& operator=(InflightHold&& other) noexcept {
    std::swap(backend_, other.backend_);
    return *this;
  }
  void release() noexcept {
    if (Backend* const held = std::exchange(backend_, nullptr)) held->request_ended();
  }

 private:
  Backend* backend_ = nullptr;
};

}  // namespace pinion::balance
