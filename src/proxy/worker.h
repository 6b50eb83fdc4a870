// One thread of the proxy: a loop, its listeners, its client connections, exchanges and tunnels,
// and nothing shared on the data path.
//
// Threads: constructed on the main thread before its own starts; run() is that thread. post() from
//   anywhere.
// Lifetime: Shared and the counters outlive it. The destructor runs after run() has returned.
// Invariants: after run() no handle is left on the loop.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/assigner.h"
#include "balance/backend_set.h"
#include "base/chunk_queue.h"
#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "config/config.h"
#include "http/head.h"
#include "http/head_parser.h"
#include "metrics/worker_counters.h"
#include "proxy/admission_desk.h"
#include "proxy/cookies.h"
#include "proxy/join_desk.h"
#include "proxy/remarks.h"
#include "proxy/retired.h"
#include "proxy/shared.h"
#include "proxy/upstream_pool.h"
#include "uv/exact_timer.h"
#include "uv/listener.h"
#include "uv/mailbox.h"
#include "uv/timer.h"

namespace pinion::proxy {

class Downstream;
class Farewell;
class Tunnel;

class Worker final : private uv::Listener::Handler,
                     private uv::Timer::Handler,
                     private uv::Loop::AfterTurn {
 public:
  struct Setup {
    unsigned index = 0;
    std::shared_ptr<const config::Config> config;
    balance::BackendSets backends;
  };
  Worker(Shared& shared, metrics::WorkerCounters& counters, Setup setup);
  ~Worker();
  Worker(const Worker&) = delete;
  Worker& operator=(const Worker&) = delete;

  /// Before run(), or on the worker's thread: takes over a bound socket.
  /// @param name the address as configured, by which it is closed again
  void listen(std::string name, uv::OwnedFd socket, bool unix_socket);
  /// The thread's main function: returns after shut_down() when everything is closed.
  void run() noexcept;
  /// Runs a task on this worker's thread.
  void post(uv::Mailbox::Task task) { mailbox_->post(std::move(task)); }

  // The rest is for this worker's thread only.
  void set_backends(balance::BackendSets backends) noexcept { backends_ = std::move(backends); }
  /// From now on; what is under way has what it needs.
  void set_config(std::shared_ptr<const config::Config> config);
  /// Accepts no more there, after those that wait already.
  void stop_listening(const std::vector<std::string>& names);
  /// Accepts no more anywhere, finishes requests, closes tunnels by and by, everything at the end
  /// of `grace`. Called again, it only moves that end.
  void shut_down(Duration grace);
  /// Tells the PinTable now what its tunnels have moved.
  void publish_dirty() noexcept;
  /// Closes sessions, as far as they are here: tunnels between two messages; polls hear that their
  /// session is unknown.
  /// @param serials sorted
  void close_sessions(std::span<const std::uint64_t> serials, metrics::CloseReason reason);

  [[nodiscard]] bool shutting_down() const noexcept { return shutting_down_; }
  [[nodiscard]] unsigned index() const noexcept { return setup_.index; }
  [[nodiscard]] TimePoint now() const noexcept { return loop_.now(); }
  [[nodiscard]] const config::Config& config() const noexcept { return *setup_.config; }
  [[nodiscard]] const balance::BackendSet& backends(PoolId pool) const { return *backends_[pool]; }
  [[nodiscard]] uv::Loop& loop() noexcept { return loop_; }
  [[nodiscard]] TimerWheel& wheel() noexcept { return wheel_; }
  [[nodiscard]] ChunkPool& chunks() noexcept { return chunks_; }
  [[nodiscard]] UpstreamPool& upstreams() noexcept { return upstreams_; }
  [[nodiscard]] balance::Assigner& assigner() noexcept { return assigner_; }
  [[nodiscard]] AdmissionDesk& admission() noexcept { return *admission_; }
  [[nodiscard]] Cookies& cookies() noexcept { return cookies_; }
  [[nodiscard]] JoinDesk& joining() noexcept { return joining_; }
  /// Tells the requests that wait for this session, on whichever of these workers.
  /// @param workers bits, as session::PinTable gives them
  void tell_joined(std::uint64_t workers, std::uint64_t serial);
  [[nodiscard]] balance::Random& random() noexcept { return random_; }
  [[nodiscard]] Shared& shared() noexcept { return shared_; }
  [[nodiscard]] metrics::WorkerCounters& counters() noexcept { return counters_; }
  /// Text that is empty between uses, for GatherWriter.
  [[nodiscard]] std::string& scratch_text() noexcept { return scratch_text_; }
  /// A head to parse into, reused so that parsing does not allocate.
  [[nodiscard]] http::RequestHead& scratch_request() noexcept { return scratch_request_; }
  [[nodiscard]] http::ResponseHead& scratch_response() noexcept { return scratch_response_; }

  /// A relay or exchange stops reading its source when its sink has this many bytes waiting, and
  /// goes on at low_mark().
  [[nodiscard]] std::size_t high_mark() const noexcept { return high_mark_; }
  [[nodiscard]] std::size_t low_mark() const noexcept { return high_mark_ / 2; }
  [[nodiscard]] const http::HeadLimits& head_limits() const noexcept { return head_limits_; }

  [[nodiscard]] bool overloaded(Rung rung) const noexcept {
    return shared_.overload.is_taken(rung);
  }
  /// How long a client's connection may be idle now.
  [[nodiscard]] Duration idle_time() const noexcept;

  void count_shed(metrics::ShedReason reason) noexcept {
    counters_.shed[static_cast<std::size_t>(reason)].add();
  }
  /// A connection that carried no session was closed.
  void count_close(metrics::CloseReason reason);
  /// What an answer of the backend says of its load, if it does.
  void take_report(balance::Backend& backend, const http::Fields& fields) const;
  /// What became of a session that may belong to another backend. @param sid empty: not known yet
  void count_rebind(PoolId pool, std::string_view sid, metrics::RebindResult result);
  void count_connect(metrics::ConnectResult result) noexcept {
    counters_.upstream_connects[static_cast<std::size_t>(result)].add();
  }
  /// What of all this the log is to hear of.
  [[nodiscard]] Remarks& remarks() noexcept { return remarks_; }

  void connection_closed() noexcept;
  /// The connection has bytes of the next request at hand, and goes on after this turn.
  void resume_later(Downstream& downstream) noexcept;
  void add(std::unique_ptr<Tunnel> tunnel);
  /// Those above the limit are dropped: who is left then notices by itself, if later.
  void add(std::unique_ptr<Farewell> farewell);
  /// The tunnel has moved something that the PinTable does not know yet.
  void mark_dirty(Tunnel& tunnel) noexcept;
  /// The tunnel is paused: for how long is to be told about every second.
  void mark_paused(Tunnel& tunnel) noexcept;
  /// Takes the object out of service; it is freed after this turn.
  void retire(std::unique_ptr<Retirable> done);
  void retire(Downstream& done);
  void retire(Tunnel& done);
  void retire(Farewell& done);

 private:
  // For make_unique, which does not see private bases.
  uv::Listener::Handler& as_acceptor() noexcept { return *this; }
  uv::Timer::Handler& as_ticker() noexcept { return *this; }
  void on_accept(uv::Stream stream, const SocketAddress& peer) noexcept override;
  void on_accept_failed(int status, bool turned_away) noexcept override;
  void on_tick() noexcept override;
  bool after_turn() noexcept override;
  void measure_lag() noexcept;
  void await_tick() noexcept;
  void publish_news() noexcept;
  void relieve_buffers() noexcept;
  void promise_to_free(std::size_t bytes) noexcept;
  void shorten_idle() noexcept;
  void pace_shutdown() noexcept;
  void close_everything() noexcept;

  Shared& shared_;
  metrics::WorkerCounters& counters_;
  Setup setup_;
  balance::BackendSets backends_;
  ChunkPool chunks_;  // before the loop, whose last callbacks give chunks back
  uv::Loop loop_;
  TimerWheel wheel_;
  balance::Random random_;
  balance::Assigner assigner_;
  UpstreamPool upstreams_;
  JoinDesk joining_;
  Cookies cookies_;
  Remarks remarks_;
  http::HeadLimits head_limits_;
  std::size_t high_mark_;
  std::string scratch_text_;
  http::RequestHead scratch_request_;
  http::ResponseHead scratch_response_;

  std::unique_ptr<uv::Mailbox> mailbox_;
  // One of libuv's would give each wait for sockets a limit, which costs the kernel a timer.
  std::unique_ptr<uv::ExactTimer> ticker_;
  std::unique_ptr<AdmissionDesk> admission_;
  struct Listening {
    std::string name;
    std::unique_ptr<uv::Listener> listener;
  };
  std::vector<Listening> listeners_;
  std::vector<std::unique_ptr<Retirable>> retired_;
  std::vector<std::unique_ptr<Retirable>> freed_;  // empty but in after_turn()
  struct Connections;
  std::unique_ptr<Connections> connections_;
  std::size_t farewells_ = 0;
  std::uint32_t over_budget_ticks_ = 0;  // in a row
  std::size_t promised_ = 0;             // its part of Shared::closing_bytes

  TimePoint next_tick_{};
  TimePoint paused_due_{};  // those that are paused tell for how long
  bool idle_is_short_ = false;
  bool shutting_down_ = false;
  TimePoint shutdown_deadline_{};
  std::size_t closes_per_tick_ = 0;
};

}  // namespace pinion::proxy
