#include "proxy/tunnel.h"

#include <utility>

#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::CloseReason;
using metrics::Direction;
using websocket::CloseCode;
using websocket::FirstMessage;

namespace {

constexpr std::size_t kMostHeld = 2 * engineio::kMaxOpenPacket;

// Most of what an idle session costs; with malloc's own eight bytes it is a chunk of 512.
static_assert(sizeof(Tunnel) <= 504);

}  // namespace

Tunnel::Tunnel(Worker& worker, Setup setup, uv::Stream client, uv::Stream backend)
    : worker_(worker),
      backend_(setup.backend),
      inflight_(std::move(setup.inflight)),
      session_(std::move(setup.session)),
      join_(std::move(setup.join)),
      later_(std::move(setup.later)),
      last_bytes_(worker.now()),
      in_(*this, std::move(client), Direction::in),
      out_(*this, std::move(backend), Direction::out),
      upgrade_pending_(session_.has_value()) {
  in_.connect_to(out_);
  out_.connect_to(in_);
  if (setup.open_watch) opening_ = std::make_unique<Opening>(std::move(setup.open_watch));
  limit_events();
  if (worker.shared().access_log.enabled()) {
    facts_ = std::make_unique<RequestFacts>(std::move(setup.facts));
  }
}

Tunnel::~Tunnel() = default;

void Tunnel::start(std::string_view head, std::string_view from_backend,
                   std::string_view from_client) {
  in_.source().start_reading();
  out_.source().start_reading();
  arm_idle();
  // The open packet often comes along with the 101, and goes on so.
  const bool jointly = opening_ && !from_backend.empty();
  if (jointly) {
    opening_->head = head;
  } else {
    out_.write(head);
  }
  if (!from_client.empty()) on_bytes(in_, from_client);
  if (!from_backend.empty()) on_bytes(out_, from_backend);
  if (state_ != State::closed && opening_ && jointly) out_.write(std::exchange(opening_->head, {}));
}

Duration Tunnel::idle_limit() const noexcept {
  if (opening_) return worker_.config().proxy.timeouts.response_head;
  const Duration configured = worker_.config().proxy.timeouts.tunnel_idle;
  if (configured > Duration::zero()) return configured;
  return session_ ? session_->time_to_live : Duration::zero();
}

void Tunnel::arm_idle() {
  const Duration limit = idle_limit();
  if (limit > Duration::zero()) {
    worker_.wheel().arm(*this, last_bytes_ + limit);
  } else {
    disarm();
    out_.source().keep_alive();
  }
}

void Tunnel::limit_events() {
  const EventRate& rate = worker_.config().pools[pool()].event_rate;
  if (gate_ != nullptr && gate_->rate() == rate) return;
  gate_.reset();
  in_.release(Relay::Hold::rate);
  if (rate.any()) gate_ = std::make_unique<EventGate>(worker_.wheel(), rate, *this);
}

void Tunnel::follow_config() {
  if (state_ != State::open) return;
  limit_events();
  worker_.mark_dirty(*this);
  // A timer that ends a half-closed tunnel is no idle one.
  if (!in_.ended() && !out_.ended()) arm_idle();
}

void Tunnel::on_bytes(Relay& relay, std::string_view bytes) {
  if (state_ == State::closed) return;
  last_bytes_ = worker_.now();
  worker_.mark_dirty(*this);
  if (&relay == &in_) {
    if (join_ != nullptr) return read_connect(bytes);
    return pass_from_client(bytes);
  }
  if (opening_) return learn_session(bytes);
  relay.pass(bytes);
  if (state_ == State::closed) return;
  if (state_ == State::closing) return put_close_frames();
  extend_end();
}

void Tunnel::pass_from_client(std::string_view bytes) {
  if (later_ != nullptr) read_later_connects(bytes);
  if (gate_ != nullptr) {
    take_from_client(bytes);
  } else {
    in_.pass(bytes);
  }
  if (state_ == State::closed) return;
  if (state_ == State::closing) return put_close_frames();
  if (upgrade_pending_) note_upgrade();
  // What goes nowhere keeps nothing open.
  if (in_.sink()) extend_end();
}

void Tunnel::take_from_client(std::string_view bytes) {
  const std::uint64_t before = in_.frames();
  in_.pass(bytes);
  if (state_ != State::open) return;
  const bool was_shut = gate_->shut();
  if (!gate_->take(in_.frames() - before, bytes.size(), worker_.now()) || was_shut) return;
  worker_.counters().pools[pool()].event_rate_pauses.add();
  in_.hold(Relay::Hold::rate);
}

std::size_t Tunnel::client_read_room() noexcept {
  return gate_ == nullptr ? uv::kScratchBytes : gate_->read_room(in_.payload_left(), worker_.now());
}

void Tunnel::on_gate_open() noexcept {
  worker_.mark_dirty(*this);
  in_.release(Relay::Hold::rate);
}

void Tunnel::learn_session(std::string_view from_backend) {
  opening_->held.append(from_backend);
  const auto status = opening_->message.feed(from_backend);
  // Control frames before the message are held too, and count against the same bound.
  if (status == FirstMessage::Status::need_more && opening_->held.size() <= kMostHeld) return;
  if (status == FirstMessage::Status::complete) {
    opening_->watch->feed(opening_->message.text(), worker_.now());
    if (!opening_->watch->opened()) worker_.remarks().unlearnt(*backend_);
  }
  release_held();
}

void Tunnel::release_held() {
  const auto opening = end_opening();
  if (in_.ended() || out_.ended()) {
    extend_end();
  } else {
    arm_idle();
  }
  out_.pass(opening->held, opening->head);
  // A CONNECT that came before its session was known.
  if (state_ == State::open && join_ != nullptr) read_connect({});
}

// @returns what it was
std::unique_ptr<Tunnel::Opening> Tunnel::end_opening() {
  opening_->watch->finish();
  session_ = opening_->watch->opened();
  // Without one nothing else says that the backend has something to do.
  if (session_) inflight_.release();
  return std::move(opening_);
}

// A client sends its probe, then, once that was answered, the upgrade packet; anything after the
// first message means that the server has left polling. (Compressed or not, so the payload need not
// be read.)
void Tunnel::note_upgrade() {
  if (in_.messages() < 2) return;
  upgrade_pending_ = false;
  // Only the WebSocket that takes a session off polling carries it; a later one has no say in its
  // end.
  owns_session_ = worker_.shared().ledger.upgraded({pool(), session_->sid}, session_->serial);
}

void Tunnel::on_sink_drained(Relay& relay) {
  if (state_ == State::closed) return;
  worker_.mark_dirty(*this);
  relay.sink_drained();
  if (!finish_if_done()) extend_end();
}

void Tunnel::queue_changed(Direction direction, std::int64_t change) {
  worker_.counters().queued_bytes.add(static_cast<std::uint64_t>(change));
  if (direction == Direction::in) return backend_->queue_changed(change, 0);
  backend_->queue_changed(0, change);
  if (out_.sink_queue() == 0) {
    stall_.reset();
  } else if (stall_ == nullptr) {
    stall_ = std::make_unique<StallWatch>(worker_.wheel(), in_.source(), worker_.now(), *this);
  }
}

Duration Tunnel::longest_stall() const noexcept {
  return worker_.config().pools[pool()].slow_consumer.after;
}

void Tunnel::on_waiting() noexcept { worker_.mark_dirty(*this); }

void Tunnel::on_slow_consumer() noexcept {
  worker_.remarks().slow_consumer(pool(), session_ ? session_->sid : std::string{},
                                  out_.sink_queue());
  close_gracefully(CloseCode::try_again_later, CloseReason::slow_consumer);
}

session::Waiting Tunnel::waiting() noexcept {
  using session::Condition;
  auto condition = gate_ != nullptr && gate_->shut() ? Condition::limited : Condition::flowing;
  if (stall_ != nullptr && stall_->stalled()) condition = Condition::stalled;
  const bool carries = owns_session_ && !upgrade_pending_;
  const bool goodbye = carries && (in_.saw_close_frame() || out_.saw_close_frame());
  if (state_ == State::closing || goodbye) condition = Condition::closing;
  return {.bytes = queued(),
          .condition = condition,
          .mid_message = !in_.between_messages() || !out_.between_messages()};
}

void Tunnel::publish() {
  // What comes before the open packet is told once its session is known.
  if (opening_) return;
  const auto news = [](std::uint64_t now, std::uint32_t& told) {
    const auto low = static_cast<std::uint32_t>(now);
    return std::uint64_t{low - std::exchange(told, low)};
  };
  // Both are asked, since that they have been is what they remember.
  const bool said_in = in_.take_beyond_pings();
  const bool said_out = out_.take_beyond_pings();
  const session::Traffic traffic{
      .frames_in = news(in_.frames(), published_.frames_in),
      .frames_out = news(out_.frames(), published_.frames_out),
      .bytes_in = news(in_.bytes(), published_.bytes_in),
      .bytes_out = news(out_.bytes(), published_.bytes_out),
      .paused_ns = in_.take_paused_ns(worker_.now()) + out_.take_paused_ns(worker_.now()),
      .beyond_pings = said_in || said_out};
  backend_->traffic().add({.frames_in = traffic.frames_in,
                           .frames_out = traffic.frames_out,
                           .bytes_in = traffic.bytes_in,
                           .bytes_out = traffic.bytes_out});
  if (state_ != State::closed && (in_.paused() || out_.paused())) worker_.mark_paused(*this);
  if (!session_) return;
  worker_.shared().ledger.publish({pool(), session_->sid}, session_->serial, traffic, waiting(),
                                  last_bytes_);
}

void Tunnel::note_ping(session::PingNote note) noexcept {
  if (join_ != nullptr && note == session::PingNote::ping_of_backend) join_->pinged = worker_.now();
  if (!session_) return;
  worker_.shared().ledger.note_ping({pool(), session_->sid}, session_->serial, note,
                                    uv::Loop::precise_now());
}

void Tunnel::note_error(std::string_view word) noexcept {
  if (session_) worker_.shared().ledger.note_error({pool(), session_->sid}, session_->serial, word);
}

}  // namespace pinion::proxy
