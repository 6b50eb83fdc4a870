// Finding a backend for an exchange and reaching it.
#include <algorithm>
#include <utility>

#include "engineio/dialect.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::ConnectResult;

namespace {

constexpr http::Reply kBackendClosed = {
    .status = 502,
    .code = "backend-closed",
    .message = "The backend closed the connection without an answer.",
    .keep_alive = true};

}  // namespace

void Exchange::choose_backend() {
  switch (facts_.intent.kind) {
    case Intent::Kind::handshake:
      return choose_for_handshake();
    case Intent::Kind::poll:
    case Intent::Kind::push:
    case Intent::Kind::upgrade:
      return choose_for_session();
    case Intent::Kind::preflight:
    case Intent::Kind::stray:
      if (const auto found = worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid})) {
        return reach(*found);
      }
      return choose_for_request();
    case Intent::Kind::other:
      return choose_for_request();
  }
}

// Nothing of socket.io, so that no session waits for it.
bool Exchange::is_plain() const noexcept { return !facts_.on_engineio_path; }

void Exchange::choose_for_handshake() {
  if (!placing_.admits() || go_home()) return;
  placing_.find(ids_.home_known());
}

void Exchange::on_place(balance::Reservation place) noexcept {
  const bool has_waited = std::exchange(phase_, Phase::waiting) == Phase::queued;
  if (has_waited) disarm();
  reservation_ = std::move(place);
  if (placing_.is_home(*reservation_.backend())) {
    worker_.remarks().led_home(*reservation_.backend(), ids_.led_by());
  } else {
    worker_.remarks().placed(*reservation_.backend());
  }
  connect(*reservation_.backend());
  if (has_waited) go_on();
}

void Exchange::on_wait_for_place(TimePoint until) noexcept {
  phase_ = Phase::queued;
  worker_.wheel().arm(*this, until);
}

void Exchange::on_no_place(const SessionPlacing::Shed& shed) noexcept {
  phase_ = Phase::waiting;
  reply_shed(shed.code, shed.message);
}

void Exchange::reply_shed(std::string_view code, std::string_view message) {
  // Spread over some seconds, so that those who were sent away do not come back together.
  reply({.status = 503,
         .code = code,
         .message = message,
         .retry_after = static_cast<std::uint32_t>(1 + worker_.random()() % 5),
         // Whoever is sent away leaves its connection to those who are in a session.
         .keep_alive = !worker_.overloaded(Rung::no_keep_alive)});
}

void Exchange::choose_for_session() {
  auto hold =
      SessionHold::take(worker_.shared().ledger, *facts_.pool, facts_.intent.sid, worker_.now());
  if (!hold) return reply_unknown_session();
  session_.emplace(std::move(*hold));
  // Whatever this request says, its packets are read so by its server.
  if (session_->found().dialect != dialect()) request_body_.watch_as(session_->found().dialect);
  if (join_.brings_connect()) return proceed(join_.take_connect(*session_, gathered_));
  if (facts_.intent.kind != Intent::Kind::push) return proceed(join_.wait(*session_));
  if (!hold_back()) reach_session();
}

void Exchange::choose_for_request() {
  if (go_home()) return;
  // Strangers only: what a tab asks for beside its session is part of it.
  if (is_plain() && tried_.empty() && worker_.overloaded(Rung::refuse_plain)) {
    worker_.count_shed(metrics::ShedReason::overload_plain);
    return reply_shed("overloaded", "This proxy has too much to do; try again.");
  }
  if (choose_like_a_session()) return;
  balance::Backend* const backend =
      worker_.assigner().pick_for_request(worker_.backends(*facts_.pool), tried_);
  if (backend != nullptr) return connect(*backend);
  reply_unreachable();
}

void Exchange::reply_unreachable() {
  if (last_connect_error_ == UV_ETIMEDOUT) {
    return reply({.status = 504,
                  .code = "connect-timeout",
                  .message = "The backend did not accept the connection in time.",
                  .keep_alive = true});
  }
  reply({.status = 502,
         .code = "backend-unreachable",
         .message = "No backend that may answer this request can be reached.",
         .keep_alive = true});
}

void Exchange::connect(balance::Backend& backend) {
  backend_ = &backend;
  inflight_ = balance::InflightHold(backend);
  // engine.io never ends an upgrade that it refuses on a connection which has carried an answer
  // before.
  if (!facts_.wants_upgrade) upstream_ = worker_.upstreams().take(backend, *this);
  if (upstream_ != nullptr) {
    upstream_->stream().start_reading();
    phase_ = Phase::waiting;
    sent_ = false;
    return;
  }
  connect_until_ = worker_.now() + worker_.config().proxy.timeouts.connect;
  connect_anew();
}

void Exchange::connect_anew() {
  phase_ = Phase::connecting;
  sent_ = false;
  // Nothing is read from the client that could not go on at once.
  downstream_.stream().stop_reading();
  worker_.wheel().arm(*this, connect_until_);
  upstream_ = std::make_unique<Upstream>(worker_, worker_.upstreams(), *backend_);
  const int status = upstream_->connect(*this);
  if (status != 0) connect_failed(status);
}

void Exchange::on_upstream_ready() noexcept {
  worker_.count_connect(ConnectResult::ok);
  backend_->health().connected();
  phase_ = Phase::waiting;
  upstream_->stream().start_reading();
  if (!facts_.wants_upgrade) upstream_->stream().keep_alive();
  if (only_looking_) {
    note_closed();
    return reply(kBackendClosed);
  }
  if (is_for_nobody()) return downstream_.client_has_left();
  send_what_waits();
}

// The client has given up meanwhile: a poll that went on all the same would take a packet along,
// and a session would be opened for nobody. What it posted is the last that it had to say.
bool Exchange::is_for_nobody() const noexcept {
  return gives_up_by_leaving() && facts_.intent.kind != Intent::Kind::push &&
         downstream_.stream().ending();
}

// After what it waited for: a backend may have been found meanwhile that is connected already.
void Exchange::go_on() {
  if (phase_ != Phase::waiting || sent_) return;
  if (is_for_nobody()) return downstream_.client_has_left();
  send_what_waits();
}

void Exchange::send_what_waits() {
  if (body_is_gathered_) {
    downstream_.resume_reading();
    std::string_view whole = gathered_;
    return send_request(whole);
  }
  const std::string ahead = downstream_.take_read_ahead();
  downstream_.resume_reading();
  std::string_view bytes = ahead;
  send_request(bytes);
  downstream_.put_read_ahead(bytes);
}

void Exchange::on_upstream_refused(int status) noexcept {
  // The backlog of a unix socket is full: the server lives and will accept in a moment.
  if (status == UV_EAGAIN && worker_.now() < connect_until_) {
    drop_upstream();
    backlog_full_ = true;
    return worker_.wheel().arm(*this, worker_.now());
  }
  connect_failed(status);
}

void Exchange::connect_failed(int status) {
  last_connect_error_ = status;
  only_looking_ = false;
  const bool refused = BackendNews::says_nobody_listens(status);
  worker_.count_connect(refused                  ? ConnectResult::refused
                        : status == UV_ETIMEDOUT ? ConnectResult::timeout
                                                 : ConnectResult::error);
  worker_.shared().news.missed(*backend_, status, worker_.now());
  downstream_.resume_reading();
  // As far as is known it lives, and another would answer that it knows nothing of the session.
  const bool is_tied = ids_.is_tied() && !refused && backend_->keeps_data();
  if (!facts_.intent.in_session() && !is_tied) return try_next_backend();
  if (!refused) return reply_unreachable();
  session_->close_session(metrics::CloseReason::backend_unreachable);
  reply_unknown_session();
}

void Exchange::try_next_backend() {
  drop_upstream();
  reservation_.release();
  inflight_.release();
  request_complete_ = false;
  tried_.push_back(backend_);
  phase_ = Phase::waiting;
  if (facts_.intent.kind == Intent::Kind::handshake) {
    choose_for_handshake();
  } else {
    choose_for_request();
  }
  // While start() is running it sends by itself.
  if (input_ == nullptr) go_on();
}

void Exchange::send_request(std::string_view& bytes) {
  sent_ = true;
  if (facts_.intent.kind == Intent::Kind::push || facts_.intent.kind == Intent::Kind::handshake) {
    asked_at_ = uv::Loop::precise_now();
  }
  progress_ = worker_.now();
  RequestBody::Status body = RequestBody::Status::done;
  bool failed = false;
  {
    GatherWriter out(upstream_->stream(), worker_.scratch_text());
    out.add(head_bytes_);
    body = request_body_.pass(bytes, &out);
    failed = out.flush() != 0;
  }
  share_what_is_kept();
  account_queue();
  if (body == RequestBody::Status::malformed || body == RequestBody::Status::too_large) {
    return body_failed(body);
  }
  if (failed) discard_body_ = true;
  if (body == RequestBody::Status::done) {
    sample_answer();
    return request_sent();
  }
  arm(worker_.config().proxy.timeouts.request_body_idle);
  pause_client_if_full();
}

// What an engine answers by itself waits for nothing but its event loop. A connection that is new
// has to be accepted first, and a body that comes by and by waits for its client.
void Exchange::sample_answer() {
  sampled_.reset();
  if (!upstream_->reused() || upstream_->stream().queued() > 0) return;
  using balance::SampledRequest;
  std::optional<SampledRequest> kind;
  if (facts_.intent.kind == Intent::Kind::push) kind = SampledRequest::push;
  if (facts_.intent.kind == Intent::Kind::handshake) kind = SampledRequest::handshake;
  if (kind && backend_->request_samples().claim(*kind, asked_at_)) sampled_ = kind;
}

bool Exchange::may_send_again(int status) const {
  return upstream_->reused() && !retried_ && facts_.is_safe && !facts_.intent.in_session() &&
         request_body_.framing().kind == http::Framing::Kind::none && response_partial_.empty() &&
         upstream_->nothing_arrived(status);
}

void Exchange::request_failed(int status) {
  const bool may_be_sent_again = may_send_again(status);
  // A backend that is killed takes the connections with it that it has not looked at yet. If it is
  // gone, a handshake goes on to the next backend; if it lives, it has seen this request, and may
  // not see it again.
  const bool looks = facts_.intent.kind == Intent::Kind::handshake && !retried_ &&
                     response_partial_.empty() &&
                     request_body_.framing().kind == http::Framing::Kind::none;
  if (may_be_sent_again || looks) {
    retried_ = true;
    only_looking_ = !may_be_sent_again;
    if (may_be_sent_again) worker_.counters().pools[*facts_.pool].retries.add();
    drop_upstream();
    request_complete_ = false;
    connect_until_ = worker_.now() + worker_.config().proxy.timeouts.connect;
    return connect_anew();
  }
  backend_->health().suspect();
  if (facts_.intent.in_session() && !backend_->health().up()) {
    session_->close_session(metrics::CloseReason::backend_unreachable);
    return reply_unknown_session();
  }
  note_closed();
  reply(kBackendClosed);
}

// It lives, and has ended the connection instead of an answer. So engine.io ends the WebSockets
// that an application's middleware refuses: whoever asks without a password must not make a backend
// look as if it hung.
void Exchange::note_closed() {
  if (facts_.intent.kind == Intent::Kind::handshake && facts_.wants_upgrade) {
    return worker_.shared().news.handshake_closed(*backend_, worker_.now());
  }
  note_silence();
}

// Without it, a backend that fails each handshake would have the fewest sessions, and so get them
// all.
void Exchange::note_silence() {
  if (facts_.intent.kind != Intent::Kind::handshake) return;
  worker_.shared().news.unanswered(*backend_, worker_.now());
}

void Exchange::drop_upstream() {
  if (upstream_ == nullptr) return;
  backend_watch_.reset();
  upstream_->abandon();
  worker_.retire(std::move(upstream_));
  account_queue();
}

void Exchange::on_upstream_write_error(int /*status*/) noexcept {
  // Its answer may still come; if not, reading will tell.
  discard_body_ = true;
  account_queue();
  if (request_paused_.paused()) resume_client();
}

void Exchange::reply_unknown_session() {
  worker_.counters().pools[*facts_.pool].unknown_sid.add();
  send_session_away();
}

// In the words that have a client open a new one.
void Exchange::send_session_away() {
  reply({.status = 400,
         .code = "unknown-session",
         .message = "Session ID unknown",
         .keep_alive = facts_.intent.kind != Intent::Kind::upgrade,
         .body = engineio::kUnknownSessionBody});
}

// A request of a session is counted by the books of sessions; any other makes work too.
void Exchange::count_work() noexcept {
  if (backend_ == nullptr || !sent_) return;
  backend_->traffic().add({.bytes_in = request_body_.received(),
                           .bytes_out = response_body_ ? response_body_->received() : 0,
                           .requests = 1});
}

}  // namespace pinion::proxy
