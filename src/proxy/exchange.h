// One request and its response, streamed both ways.
//
// Threads: the worker's.
// Lifetime: owned by its Downstream; ends by exactly one of finish(), break_off(), abandon() or
//   become_tunnel(), after which it is retired and touches nothing.
// Invariants: at most one Upstream at a time. A request inside a session goes to the session's
//   backend or to none, is sent once, and is given up only when its client does or a timeout of the
//   config is reached. Reading of either side stops while the other's queue is above the high mark.
// Phases, what is read of the client in each, which timer runs, and who ends it:
//   gathering   body                 request_body_idle   its end, or a limit
//   queued      ahead, up to 64 KiB  admission wait      the AdmissionDesk, expiry, a better rank
//   joining     ahead                connect_wait        on_joined(), when the CONNECT was read
//   moving      ahead                that of the Rebind  on_moved()
//   held        ahead                as event_rate says  held_long_enough()
//   connecting  nothing              connect             the connection, or the next backend
//   waiting     body as it is taken, request_body_idle,  the head of the answer
//               then ahead           then response_head
//   responding  the same             request_body_idle   its end, a cut, a 101
//                                    until all is sent,
//                                    and half-closed; else
//                                    response_idle
//               and the rest of the  request_body_idle   the body's end, that of either side
//               body behind it
// Parts: SessionPlacing (the search for a session's place), RequestIds (where ids say that it
//   belongs), PollingJoin (the CONNECT of its session), RequestBody and ResponseBody. They tell the
//   exchange, and it alone has a phase, a timer and a backend.
// Files: exchange.cc (the client's side, the end), exchange_body.cc (its body), exchange_route.cc
//   (which pool), exchange_affinity.cc (going home), exchange_join.cc (waiting for a CONNECT),
//   exchange_pacing.cc (clients that send too much), exchange_upstream.cc (finding and reaching a
//   backend), exchange_response.cc.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "balance/assigner.h"
#include "base/chunk_queue.h"
#include "base/recycled.h"
#include "base/timer_wheel.h"
#include "http/head.h"
#include "http/reply.h"
#include "proxy/owed_answer.h"
#include "proxy/paused_clock.h"
#include "proxy/polling_join.h"
#include "proxy/queue_share.h"
#include "proxy/request_body.h"
#include "proxy/request_facts.h"
#include "proxy/request_ids.h"
#include "proxy/response_body.h"
#include "proxy/retired.h"
#include "proxy/session_hold.h"
#include "proxy/session_placing.h"
#include "proxy/stall_watch.h"
#include "proxy/upstream.h"

namespace pinion::proxy {

class Downstream;
class LaterConnects;
class Worker;
struct TunnelJoin;

class Exchange final : public Retirable,
                       public Recycled<Exchange, 64>,
                       private UpstreamEvents,
                       private WheelTimer,
                       public StallWatch::Owner,
                       private SessionPlacing::Owner,
                       private PollingJoin::Owner {
 public:
  Exchange(Downstream& downstream, const http::RequestHead& head);
  ~Exchange() override;

  /// @param bytes what came after the head; what was taken is removed from its front
  void start(const http::RequestHead& head, std::string_view& bytes);
  /// More bytes from the client; takes those of the body, if they can go on now.
  void on_client_bytes(std::string_view& bytes);
  /// How much of the client may be read without going above the high mark.
  [[nodiscard]] std::size_t client_read_room() noexcept;
  /// Bytes that wait for the backend.
  [[nodiscard]] std::size_t queued() const noexcept;
  /// The pool that serves it, if a route matched.
  [[nodiscard]] std::optional<PoolId> pool() const noexcept { return facts_.pool; }
  /// Of the session that the request is in; empty when it is in none.
  [[nodiscard]] std::string_view sid() const noexcept {
    return session_ ? session_->sid() : std::string_view{};
  }
  /// What its session is to have of what waits for the client, once the exchange is over; null if
  /// it is in none.
  [[nodiscard]] std::unique_ptr<OwedAnswer> owed() const;
  /// What waits for the client, and whether it takes nothing of it.
  void tell_waiting(std::size_t bytes, bool stalled) noexcept;
  /// Its session ends with it.
  void end_session(metrics::CloseReason reason) noexcept { session_->close_session(reason); }
  /// Bytes of the body are still to come, and would be taken now.
  [[nodiscard]] bool takes_body() const noexcept;
  /// The client has taken some of what waited for it.
  void on_client_drain();
  /// The client sent a FIN. @returns false if the exchange goes on for a client that has only
  /// stopped sending
  bool on_client_fin();
  /// These sessions, sorted serials, are taken away from their clients. An answer that has begun is
  /// finished.
  void close_sessions(std::span<const std::uint64_t> serials);
  /// pinion ends: a poll that would wait for its server's next word hears that its session is
  /// unknown, so that its client goes elsewhere. @returns whether it was one
  bool give_up_poll();
  /// The client's connection is gone; whatever was promised is given back.
  void abandon(metrics::CloseReason reason);

 private:
  enum class Phase : unsigned char {
    gathering,   // a body that is to be seen whole before a backend is chosen
    queued,      // a handshake for which no backend has room
    joining,     // a poll or upgrade that waits for its session's CONNECT
    moving,      // a CONNECT whose session is to be opened at another backend first
    held,        // a POST of a client that sends more than it may
    connecting,  // to a backend
    waiting,     // the request is being sent, or its answer awaited
    responding,  // the final response is under way
    over,
  };

  [[nodiscard]] bool awaits_session() const noexcept;
  [[nodiscard]] bool is_of_no_session() const;
  void route(const http::RequestHead& head);
  [[nodiscard]] bool goes_on_by_polling() const;
  bool admit(const http::RequestHead& head);
  void write_head(const http::RequestHead& head);
  void begin_gathering(const http::RequestHead& head);
  void gather(std::string_view& bytes);
  [[nodiscard]] std::size_t queued_upstream() const noexcept;
  void resume_client() noexcept;
  void on_waiting() noexcept override;
  void on_slow_consumer() noexcept override {}
  [[nodiscard]] Duration longest_stall() const noexcept override { return Duration::zero(); }
  void gathered_all();
  void gathered_enough();
  void pass_body(std::string_view& bytes);
  void share_what_is_kept() noexcept;
  [[nodiscard]] std::size_t kept_head() const noexcept;
  [[nodiscard]] bool gives_up_by_leaving() const noexcept;
  [[nodiscard]] bool is_for_nobody() const noexcept;
  void pause_client_if_full();
  void body_failed(RequestBody::Status status);
  void request_sent();
  void account_queue() noexcept;
  void drop_body();
  void reply(const http::Reply& reply);
  void finish(bool keep);
  void break_off(metrics::CloseReason reason);
  void note_error(metrics::CloseReason reason) noexcept;
  void settle();
  void call_off_upgrade();
  void count_work() noexcept;
  void log_access() const;
  [[nodiscard]] std::string write_reply_to_request(const http::Reply& answer) const;
  void fail_response(metrics::CloseReason reason, const http::Reply& instead);
  [[nodiscard]] bool body_stands_still(TimePoint now);
  [[nodiscard]] bool answer_stands_still(TimePoint now);
  void note_what_backend_took(TimePoint now) noexcept;
  void limit_silence();
  void arm(Duration timeout);
  void on_timer(TimePoint now) noexcept override;

  void read_affinity(const http::RequestHead& head);
  [[nodiscard]] const config::Affinity& affinity() const noexcept;
  bool go_home();
  bool choose_like_a_session();

  void on_wait_to_join(TimePoint until) noexcept override;
  void on_move() noexcept override;
  void on_joined(PollingJoin::Next next) noexcept override;
  void on_moved(PollingJoin::Next next) noexcept override;
  void proceed(PollingJoin::Next next);
  void reach_session();
  [[nodiscard]] std::unique_ptr<TunnelJoin> watch_connect(const http::ResponseHead& head) const;
  [[nodiscard]] std::unique_ptr<LaterConnects> watch_later_connects(
      const http::ResponseHead& head) const;
  void reach(const session::PinTable::Found& found);

  void choose_backend();
  void choose_for_handshake();
  void on_place(balance::Reservation place) noexcept override;
  void on_wait_for_place(TimePoint until) noexcept override;
  void on_no_place(const SessionPlacing::Shed& shed) noexcept override;
  void choose_for_session();
  [[nodiscard]] const EventRate& event_rate() const noexcept;
  bool hold_back();
  void held_long_enough();
  void charge_client();
  void choose_for_request();
  [[nodiscard]] bool is_plain() const noexcept;
  void connect(balance::Backend& backend);
  void connect_anew();
  void connect_failed(int status);
  void try_next_backend();
  void send_request(std::string_view& bytes);
  void go_on();
  void send_what_waits();
  void request_failed(int status);
  void note_closed();
  void note_silence();
  void sample_answer();
  [[nodiscard]] bool may_send_again(int status) const;
  void drop_upstream();
  [[nodiscard]] session::Dialect dialect() const noexcept;
  void reply_unknown_session();
  void send_session_away();
  void reply_unreachable();
  void reply_shed(std::string_view code, std::string_view message);
  void on_upstream_ready() noexcept override;
  void on_upstream_refused(int status) noexcept override;
  void on_upstream_drain() noexcept override;
  void on_upstream_write_error(int status) noexcept override;

  [[nodiscard]] std::size_t upstream_read_room() noexcept override;
  void on_upstream_read(std::string_view bytes) noexcept override;
  void on_upstream_end(int status) noexcept override;
  void pause_backend_if_full();
  void pass_interim(const http::ResponseHead& head);
  void begin_response(const http::ResponseHead& head);
  void note_answer(const http::ResponseHead& head);
  void note_latency();
  [[nodiscard]] OpenWatch::Origin origin(session::Transport transport) const;
  void watch_response(const http::ResponseHead& head);
  void pass_response(std::string_view bytes, bool ended);
  void end_response();
  [[nodiscard]] bool wants_rest_of_body() noexcept;
  void end_if_rest_is_sent();
  void end_answered();
  void note_end_of_answer();
  void note_pings(const engineio::PacketScanner& seen, session::PingNote ping,
                  session::PingNote pong) noexcept;
  void become_tunnel(const http::ResponseHead& head, std::string_view rest);

  Worker& worker_;
  Downstream& downstream_;
  Phase phase_ = Phase::waiting;
  RequestFacts facts_;  // before session_, which points into it
  RequestBody request_body_;
  std::string head_bytes_;  // as sent; kept until the answer begins, in case it must be sent again
  std::string gathered_;    // a chunked body that goes on with a Content-Length
  BufferShare gathered_share_;
  std::unique_ptr<http::RequestHead> gathering_head_;
  std::string_view* input_ = nullptr;  // what came with the head, while start() is running
  bool body_is_gathered_ = false;
  bool sent_ = false;          // to the present upstream
  bool only_looking_ = false;  // the connect only tells whether the backend is still there
  bool backlog_full_ = false;  // of a unix socket: the connect is tried again until connect_until_
  TimePoint connect_until_{};
  bool request_complete_ = false;
  bool discard_body_ = false;  // the backend takes no more of it, its answer is still awaited
  bool retried_ = false;
  TimePoint answer_due_{};
  TimePoint asked_at_{};  // of a POST to a session, and of a handshake
  std::optional<balance::SampledRequest> sampled_;
  TimePoint progress_{};            // when the client's body last moved, or the answer
  std::uint64_t backend_took_ = 0;  // of it, when it was last looked at; see progress_of()

  RequestIds ids_;
  PollingJoin join_;

  std::vector<balance::Backend*> tried_;
  balance::Reservation reservation_;
  SessionPlacing placing_;
  std::optional<SessionHold> session_;
  balance::InflightHold inflight_;
  balance::Backend* backend_ = nullptr;
  std::unique_ptr<Upstream> upstream_;
  int last_connect_error_ = 0;

  std::string response_partial_;
  std::optional<ResponseBody> response_body_;
  int status_ = 0;
  std::string_view error_code_;
  metrics::Side error_side_ = metrics::Side::none;  // if the code is a close reason
  bool keep_downstream_ = true;
  bool keep_upstream_ = true;
  bool takes_rest_ = false;  // the backend has answered before the body's end, and reads on
  bool answered_ = false;    // wholly, while the rest of the body still goes on
  QueueShare request_share_;
  PausedClock request_paused_;
  std::unique_ptr<StallWatch> backend_watch_;  // while the client waits for it
  PausedClock response_paused_;
};

}  // namespace pinion::proxy
