// What the admin endpoint may see of the running server, and what it may do to it. The composition
// root implements it; the endpoint knows nothing else of the proxy.
//
// Threads: called on the admin thread; the implementation is safe against the workers.
// Lifetime: outlives the endpoint.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "metrics/control_counters.h"

namespace pinion::admin {

/// Sessions that are being moved away from a backend.
struct MovingView {
  std::string why;  // drain, rebalance
  std::uint64_t remaining = 0, moved = 0;
  double per_second = 0;
};

struct BackendView {
  std::string pool, name, address;
  std::uint32_t weight = 1, max_sessions = 0;
  std::string state;  // up, down, draining, drained, maintenance
  bool up = false;    // it answers, and its agent does not say otherwise, whatever its state
  bool ready = false;
  std::string level = "calm", limit;  // calm, busy, full, and the limit that says so
  std::uint64_t sessions = 0, websocket = 0, polling = 0, reserved = 0, inflight = 0,
                queued_bytes = 0, queued_to_backend_bytes = 0;
  std::uint64_t sessions_total = 0, level_changes = 0;
  std::optional<double> load;     // busy share that is to be expected; null: nothing was measured
  std::optional<double> cost_us;  // learnt busy time for a unit of work
  double work_rate = 0.0;         // units of work a second
  double frames_in_rate = 0.0, frames_out_rate = 0.0, bytes_in_rate = 0.0, bytes_out_rate = 0.0;
  bool hot = false;                                 // its probes wait long
  bool ramping = false;                             // it joined or came back a while ago
  std::string why;                                  // it gets sessions, or does not
  std::optional<double> probe_latency_ms;           // of the newest probe that was answered
  std::optional<double> busy_share, probe_wait_ms;  // nothing while load_confidence is 0
  double load_confidence = 0.0;                     // 0 to 1
  std::optional<double> request_busy_share;         // that handshakes and POSTs tell of
  double request_weight = 0.0;                      // how much that counts beside the probes
  std::uint64_t blocked_ms = 0;                     // for how long bytes have waited for it
  std::optional<double> reported_load;              // by itself; 1 is all that it can do
  std::optional<double> push_latency_ms;            // until the answer to a POST begins, lately
  std::string agent;                                // ready, drain, maint, down; empty: none
  std::uint32_t agent_percent = 100;                // of the weight, by the agent
  std::string reason;                               // why it is not ready, or empty
  std::optional<MovingView> moving;
};

struct BackendName {
  std::string pool, name;
};

/// How many sessions a second are moved unless an order says otherwise, and at most.
inline constexpr double kUsualRate = 10;
inline constexpr double kLowestRate = 0.01;
inline constexpr double kHighestRate = 10'000;

struct DrainOrder {
  bool close = false;              // else its sessions are left to end by themselves
  double per_second = kUsualRate;  // kLowestRate to kHighestRate
};

struct RebalanceView {
  std::string pool;
  std::uint64_t to_move = 0;
  double per_second = 0;
  std::vector<std::string> waits_for;  // as in RebalanceProgress
};

/// A pool that is being evened out.
struct RebalanceProgress {
  std::uint64_t remaining = 0, moved = 0;
  double per_second = 0;
  std::vector<std::string> waits_for;  // backends that ramp up, or took sessions a moment ago
};

/// What was left to do when it was stopped.
struct StoppedView {
  std::string pool;
  bool stopped = false;  // else there was nothing to stop
  std::uint64_t remaining = 0, moved = 0;
};

struct PoolView {
  std::string name;
  std::uint64_t waiting = 0;        // handshakes that wait for room
  std::uint64_t waiting_limit = 0;  // 0: nobody waits
  std::optional<RebalanceProgress> rebalance;
};

/// What pinion has used up, and what it has given up for that.
struct OverloadView {
  struct Use {
    std::string resource;
    double used = 0.0;  // 1: all of it
  };
  struct Rung {
    std::string name;
    bool taken = false;
    std::uint64_t changes = 0;
  };
  std::vector<Use> uses;
  std::vector<Rung> rungs;
};

struct SessionView {
  std::string sid, pool, backend, transport, state, client;
  std::uint64_t age_ms = 0, idle_ms = 0;
  std::uint64_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  std::uint64_t queued_bytes = 0, paused_ms = 0;
  double frames_in_rate = 0, frames_out_rate = 0;  // a second, decaying averages
  double bytes_in_rate = 0, bytes_out_rate = 0;
  std::optional<double> rtt_ms;
  std::string rtt_seen;    // the side that was measured (client, backend), or not_yet, compressed
  std::string last_error;  // empty: there was none
  bool has_affinity = false;  // it belongs to an id of the application
  std::string upstream_sid;   // what its backend calls it, if it was moved there; else empty
  unsigned worker = 0;
};

enum class SessionSort : unsigned char { age, idle, bytes, frames, queued, paused, rate, rtt };

/// The last session of a page, behind which the next one begins.
struct SessionCursor {
  std::int64_t key = 0;  // what it was sorted by
  PoolId pool = 0;
  std::string sid;

  bool operator==(const SessionCursor&) const = default;
};

struct SessionQuery {
  std::string backend;  // "name" or "pool/name"; empty: all
  SessionSort sort = SessionSort::age;
  bool descending = true;
  std::size_t limit = 100;
  std::optional<SessionCursor> after;
};

struct SessionPage {
  std::vector<SessionView> sessions;
  std::optional<SessionCursor> next;  // where the next page begins, if there is one
};

struct Totals {
  std::uint64_t sessions = 0, reserved = 0, pins = 0, inflight = 0, queued_bytes = 0;
  std::uint64_t sessions_total = 0, requests_total = 0;
};

struct StatusView {
  std::string version;
  double uptime_s = 0;
  unsigned workers = 0;
  std::uint64_t connections = 0, memory_bytes = 0;
  std::vector<PoolView> pools;        // in the order of the config
  std::vector<BackendView> backends;  // of all pools, in the same order
  OverloadView overload;
  Totals totals;
};

/// That Control::reload() takes, at most; who asks for it waits longer.
inline constexpr std::chrono::seconds kReloadTime{6};

/// What a reload did, in words, a line each. With errors it changed nothing.
struct ReloadView {
  std::vector<std::string> changes;
  std::vector<std::string> restarts;  // keys that keep their values until pinion is started again
  std::vector<std::string> errors;
  std::vector<std::string> not_done;  // what failed, although the rest took place
  bool under_way = false;             // it is not done yet; the log will tell how it ends
};

class Control {
 public:
  virtual ~Control() = default;

  [[nodiscard]] virtual StatusView status() const = 0;
  [[nodiscard]] virtual SessionPage sessions(const SessionQuery& query) const = 0;
  [[nodiscard]] virtual std::optional<SessionView> session(const std::string& sid) const = 0;
  /// Closes a session between two messages with 1012. False when there is none of that sid.
  virtual bool close_session(const std::string& sid) = 0;
  /// No new sessions for that backend. Nothing when there is none of that name; else it as it is
  /// now.
  [[nodiscard]] virtual std::optional<BackendView> drain(const BackendName& name,
                                                         const DrainOrder& order) = 0;
  [[nodiscard]] virtual std::optional<BackendView> undrain(const BackendName& name) = 0;
  /// Moves what the backends of a pool have above their shares. Nothing when there is no such pool.
  /// @param per_second as in DrainOrder
  [[nodiscard]] virtual std::optional<RebalanceView> rebalance(const std::string& pool,
                                                               double per_second) = 0;
  /// Takes that back; who has been told to move does so. Nothing when there is no such pool.
  [[nodiscard]] virtual std::optional<StoppedView> stop_rebalance(const std::string& pool) = 0;
  /// Reads the config file again.
  virtual ReloadView reload() = 0;
  /// Why not every pool takes sessions; empty when all do.
  [[nodiscard]] virtual std::string not_ready() const = 0;
  /// Somebody was turned away.
  virtual void count_refusal(metrics::AdminRefusal reason) noexcept = 0;
  /// All metrics in Prometheus' text format.
  [[nodiscard]] virtual std::string metrics_text() const = 0;
};

}  // namespace pinion::admin
