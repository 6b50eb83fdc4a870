// A WebSocket connection after its 101: two Relays, frame-aware, and what ties them to a session.
//
// Threads: the worker's.
// Lifetime: owned by its worker from the 101 until both directions have ended; then it retires.
// Invariants: bytes pass untouched, but for a handshake's open packet, which is held until its
//   session is known, and a close frame of pinion's own, which goes in only between two frames. A
//   session that lives on this tunnel ends with it. Until the session has joined, what the client
//   sends is held back frame by frame; then its backend changes no more.
// Files: tunnel.cc, tunnel_close.cc (how it ends), tunnel_join.cc (the CONNECT, and moving).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "balance/backend.h"
#include "base/intrusive_list.h"
#include "base/timer_wheel.h"
#include "metrics/close_reason.h"
#include "proxy/event_gate.h"
#include "proxy/later_connects.h"
#include "proxy/open_watch.h"
#include "proxy/relay.h"
#include "proxy/request_facts.h"
#include "proxy/retired.h"
#include "proxy/stall_watch.h"
#include "proxy/tunnel_join.h"
#include "websocket/close_frame.h"
#include "websocket/first_message.h"

namespace pinion::proxy {

class Worker;
struct DirtyTunnels {};  // those that have something to tell, now or in a while

class Tunnel final : public Retirable,
                     public ListHook<Tunnel>,
                     public ListHook<DirtyTunnels>,
                     private WheelTimer,
                     public StallWatch::Owner,
                     public EventGate::Owner,
                     private Rebind::Owner {
 public:
  struct Setup {
    balance::Backend* backend = nullptr;
    RequestFacts facts;
    std::unique_ptr<OpenWatch> open_watch;  // a handshake: its session is still to be learnt
    std::optional<OpenedSession> session;   // an upgrade: of this session
    std::unique_ptr<TunnelJoin> join;       // while its CONNECT may tell that it belongs elsewhere
    std::unique_ptr<LaterConnects> later;   // it has joined already, without an id
    balance::InflightHold inflight;         // while there is none: it counts as a request in flight
  };
  Tunnel(Worker& worker, Setup setup, uv::Stream client, uv::Stream backend);
  ~Tunnel() override;

  /// @param head the 101, for the client
  /// @param from_backend, from_client what was read of either side before the tunnel was there
  void start(std::string_view head, std::string_view from_backend, std::string_view from_client);
  /// The client had sent its FIN before the 101 came.
  void client_has_ended() { in_.source_has_ended(); }
  /// As a reload wants it: how long it may be idle, and how much its client may send.
  void follow_config();
  /// Closes with a close frame, between two messages of each direction.
  void close_gracefully(websocket::CloseCode code, metrics::CloseReason reason);
  /// Closes at once.
  void abort(metrics::CloseReason reason);
  /// Tells the PinTable and the backend what has passed since the last time.
  void publish();

  /// Of its session; 0 while it has none.
  [[nodiscard]] std::uint64_t serial() const noexcept { return session_ ? session_->serial : 0; }
  [[nodiscard]] PoolId pool() const noexcept { return backend_->identity().pool; }
  /// Bytes that wait on either side.
  [[nodiscard]] std::size_t queued() noexcept {
    const std::size_t held = join_ == nullptr ? 0 : join_->watch.held();
    return out_.sink_queue() + in_.sink_queue() + held;
  }
  /// All that counts against the budget, in bytes.
  [[nodiscard]] std::size_t kept() noexcept {
    return queued() + (join_ == nullptr ? 0 : join_->counted_head());
  }
  /// What it costs to keep them; see burden_of().
  [[nodiscard]] double burden(TimePoint now) noexcept {
    return burden_of(kept(), stall_.get(), now);
  }
  /// Whether it is listed as paused, and not for its news. For its worker. @returns what was so
  bool list_as_paused(bool paused) noexcept { return std::exchange(listed_as_paused_, paused); }
  [[nodiscard]] bool closing() const noexcept { return state_ != State::open; }
  /// It is closing, and has time for a message that is under way.
  [[nodiscard]] bool finishes_message() const noexcept;

  // For its relays:
  [[nodiscard]] Worker& worker() noexcept { return worker_; }
  void on_bytes(Relay& relay, std::string_view bytes);
  void on_source_ended(Relay& relay, int status);
  void on_sink_failed(Relay& relay);
  void on_sink_drained(Relay& relay);
  [[nodiscard]] std::size_t client_read_room() noexcept;
  void note_ping(session::PingNote note) noexcept;
  void note_error(std::string_view word) noexcept;
  void queue_changed(metrics::Direction direction, std::int64_t change);

 private:
  struct Opening {
    explicit Opening(std::unique_ptr<OpenWatch> open) : watch(std::move(open)) {}
    std::unique_ptr<OpenWatch> watch;
    websocket::FirstMessage message{engineio::kMaxOpenPacket};
    std::string held;       // bytes for the client
    std::string_view head;  // inside start(): the 101, to go out with them
  };
  enum class State : unsigned char {
    open,
    closing,  // a close frame is on its way, or waits for the end of a message
    closed,
  };

  void on_timer(TimePoint now) noexcept override;
  void on_waiting() noexcept override;
  void on_slow_consumer() noexcept override;
  [[nodiscard]] Duration longest_stall() const noexcept override;
  void on_gate_open() noexcept override;
  void on_rebound(metrics::RebindResult result) noexcept override;
  [[nodiscard]] const config::Affinity& affinity() const noexcept;
  void read_connect(std::string_view bytes);
  [[nodiscard]] std::string id_in(const engineio::ConnectPacket& packet) const;
  void take_connect();
  [[nodiscard]] bool lives_elsewhere(std::string_view id) const;
  void stay(metrics::RebindResult why);
  std::optional<metrics::RebindResult> begin_move(balance::Backend& right);
  [[nodiscard]] bool take_over(Rebind& rebind);
  void joined();
  void bind_joined();
  void drop_join();
  void read_later_connects(std::string_view bytes);
  void learn_late(std::string_view id);
  [[nodiscard]] bool has_joined_by_polling() const;
  void pass_from_client(std::string_view bytes);
  void take_from_client(std::string_view bytes);
  [[nodiscard]] Duration idle_limit() const noexcept;
  [[nodiscard]] bool peers_progress() noexcept;
  [[nodiscard]] bool peers_take() noexcept;
  [[nodiscard]] bool end_is_on_its_way(TimePoint now) noexcept;
  void arm_idle();
  void limit_events();
  void learn_session(std::string_view from_backend);
  void release_held();
  std::unique_ptr<Opening> end_opening();
  void note_upgrade();
  void put_close_frames();
  void call_off_upgrade();
  void note_end(bool by_client, bool reset) noexcept;
  void extend_end();
  [[nodiscard]] Duration patience() const noexcept;
  void hurry(websocket::CloseCode code, metrics::CloseReason reason);
  [[nodiscard]] bool cuts(Relay& relay, const Relay& opposite) const noexcept;
  [[nodiscard]] bool nothing_to_come() noexcept;
  bool finish_if_done();
  void finish();
  [[nodiscard]] session::Waiting waiting() noexcept;
  void end_session();
  void log_access();

  Worker& worker_;
  balance::Backend* backend_;  // another one after a move
  balance::InflightHold inflight_;
  std::unique_ptr<Opening> opening_;  // of a handshake, until its session is known
  std::optional<OpenedSession> session_;
  std::unique_ptr<TunnelJoin> join_;
  std::unique_ptr<LaterConnects> later_;  // after that
  std::unique_ptr<RequestFacts> facts_;   // for the access log, if there is one
  std::uint64_t peers_took_ = 0;          // when last looked at; see progress_of()
  TimePoint last_bytes_{};
  // What others know, by its low bits: less than 4 GiB pass between two tellings.
  struct {
    std::uint32_t frames_in = 0, frames_out = 0, bytes_in = 0, bytes_out = 0;
  } published_;
  Relay in_, out_;                     // from and to the client
  std::unique_ptr<EventGate> gate_;    // of a pool that limits what a client may send
  std::unique_ptr<StallWatch> stall_;  // while bytes wait for the client
  State state_ = State::open;
  bool listed_as_paused_ = false;
  bool upgrade_pending_ : 1 = false;  // the session still lives on polling
  bool owns_session_ : 1 = true;      // it ends with this tunnel
  bool close_frame_to_client_ : 1 = false, close_frame_to_backend_ : 1 = false;  // sent
  metrics::CloseReason close_reason_ = metrics::CloseReason::completed;
  websocket::CloseCode close_code_ = websocket::CloseCode::going_away;
  TimePoint closing_until_{}, goodbye_until_{};
};

}  // namespace pinion::proxy
