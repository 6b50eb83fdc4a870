// Finding a backend for an exchange and reaching it.
#include <algorithm>

#include "engineio/dialect.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::ConnectResult;
using metrics::Direction;
using metrics::ShedReason;

void Exchange::choose_backend() {
  switch (facts_.intent.kind) {
    case Intent::Kind::handshake:
      return choose_for_handshake();
    case Intent::Kind::poll:
    case Intent::Kind::push:
    case Intent::Kind::upgrade:
      return choose_for_session();
    case Intent::Kind::preflight:
      if (const auto found = worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid})) {
        return connect(worker_.shared().registry.by_id(found->backend));
      }
      return choose_for_request();
    case Intent::Kind::other:
      return choose_for_request();
  }
}

void Exchange::choose_for_handshake() {
  if (worker_.shared().budget.exhausted()) {
    worker_.count_shed(ShedReason::buffers);
    return reply_shed(balance::Assigner::Refusal::none);
  }
  auto assignment = worker_.assigner().assign_session(worker_.backends(*facts_.pool), tried_);
  if (!assignment.reservation) return reply_shed(assignment.refusal);
  reservation_ = std::move(assignment.reservation);
  connect(*reservation_.backend());
}

void Exchange::choose_for_session() {
  auto hold =
      SessionHold::take(worker_.shared().ledger, *facts_.pool, facts_.intent.sid, worker_.now());
  if (!hold) return reply_unknown_session();
  session_.emplace(std::move(*hold));
  connect(worker_.shared().registry.by_id(session_->found().backend));
}

void Exchange::choose_for_request() {
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
  upstream_ = worker_.upstreams().take(backend, *this);
  if (upstream_ != nullptr) {
    upstream_->stream().start_reading();
    phase_ = Phase::waiting;
    return;
  }
  connect_anew();
}

void Exchange::connect_anew() {
  phase_ = Phase::connecting;
  // Nothing is read from the client that could not go on at once.
  downstream_.stream().stop_reading();
  arm(worker_.config().proxy.timeouts.connect);
  upstream_ = std::make_unique<Upstream>(worker_, worker_.upstreams(), *backend_);
  const int status = upstream_->connect(*this);
  if (status != 0) connect_failed(status);
}

void Exchange::on_upstream_ready() noexcept {
  worker_.count_connect(ConnectResult::ok);
  worker_.shared().news.reached(*backend_);
  phase_ = Phase::waiting;
  downstream_.stream().start_reading();
  upstream_->stream().start_reading();
  send_what_waits();
}

void Exchange::send_what_waits() {
  if (body_is_gathered_) {
    std::string_view whole = gathered_;
    return send_request(whole);
  }
  const std::string ahead = downstream_.take_read_ahead();
  std::string_view bytes = ahead;
  send_request(bytes);
  downstream_.put_read_ahead(bytes);
}

void Exchange::on_upstream_refused(int status) noexcept { connect_failed(status); }

void Exchange::connect_failed(int status) {
  last_connect_error_ = status;
  const bool refused = BackendNews::says_nobody_listens(status);
  worker_.count_connect(refused                  ? ConnectResult::refused
                        : status == UV_ETIMEDOUT ? ConnectResult::timeout
                                                 : ConnectResult::error);
  worker_.shared().news.missed(*backend_, status, worker_.now());
  if (!downstream_.stream().reading()) downstream_.stream().start_reading();
  if (!facts_.intent.in_session()) return try_next_backend();
  if (!refused) return reply_unreachable();
  session_->close_session(metrics::CloseReason::backend_unreachable);
  reply_unknown_session();
}

void Exchange::try_next_backend() {
  drop_upstream();
  reservation_.release();
  request_complete_ = false;
  tried_.push_back(backend_);
  phase_ = Phase::waiting;
  if (facts_.intent.kind == Intent::Kind::handshake) {
    choose_for_handshake();
  } else {
    choose_for_request();
  }
  // While start() is running it sends by itself.
  if (phase_ == Phase::waiting && input_ == nullptr) send_what_waits();
}

void Exchange::send_request(std::string_view& bytes) {
  progress_ = worker_.now();
  const RequestBody unsent = request_body_;
  RequestBody::Status body = RequestBody::Status::done;
  bool failed = false;
  {
    GatherWriter out(upstream_->stream(), worker_.scratch_text());
    out.add(head_bytes_);
    body = request_body_.pass(bytes, &out);
    failed = out.flush() != 0;
  }
  if (body == RequestBody::Status::malformed || body == RequestBody::Status::too_large) {
    return body_failed(body);
  }
  if (failed && upstream_->reused() && upstream_->nothing_arrived() && bytes.empty() && !retried_) {
    if (unsent.framing().kind == http::Framing::Kind::none) {
      retried_ = true;
      worker_.counters().pools[*facts_.pool].retries.add();
      drop_upstream();
      return connect_anew();
    }
  }
  if (failed) discard_body_ = true;
  if (body == RequestBody::Status::done) return request_sent();
  arm(worker_.config().proxy.timeouts.request_body_idle);
}

bool Exchange::may_send_again() const {
  return upstream_ != nullptr && upstream_->reused() && !retried_ && facts_.is_safe &&
         !facts_.intent.in_session() && request_body_.framing().kind == http::Framing::Kind::none &&
         response_partial_.empty() && upstream_->nothing_arrived();
}

void Exchange::request_failed() {
  if (may_send_again()) {
    retried_ = true;
    worker_.counters().pools[*facts_.pool].retries.add();
    drop_upstream();
    request_complete_ = false;
    return connect_anew();
  }
  backend_->health().suspect();
  // A backend that dies takes the connections with it that it has not looked at yet. What it may
  // have begun is a session that nobody knows and that ends by itself, so a handshake goes on to
  // the next; nothing else does.
  if (facts_.intent.kind == Intent::Kind::handshake && response_partial_.empty()) {
    worker_.counters().pools[*facts_.pool].retries.add();
    return try_next_backend();
  }
  if (facts_.intent.in_session() && !backend_->health().up()) {
    session_->close_session(metrics::CloseReason::backend_unreachable);
    return reply_unknown_session();
  }
  reply({.status = 502,
         .code = "backend-closed",
         .message = "The backend closed the connection without an answer.",
         .keep_alive = true});
}

void Exchange::drop_upstream() {
  if (upstream_ == nullptr) return;
  upstream_->abandon();
  worker_.retire(std::move(upstream_));
}

void Exchange::on_upstream_drain() noexcept {
  if (!request_paused_.paused() || upstream_->stream().queued() > worker_.low_mark()) return;
  const Duration paused =
      request_paused_.resume(worker_.now(), worker_.counters().direction(Direction::in));
  if (session_) session_->traffic().paused_ns += static_cast<std::uint64_t>(paused.count());
  progress_ = worker_.now();
  downstream_.stream().start_reading();
}

void Exchange::on_upstream_write_error(int /*status*/) noexcept {
  // Its answer may still come; if not, reading will tell.
  discard_body_ = true;
  if (request_paused_.paused()) {
    request_paused_.resume(worker_.now(), worker_.counters().direction(Direction::in));
    downstream_.stream().start_reading();
  }
}

void Exchange::reply_unknown_session() {
  worker_.counters().pools[*facts_.pool].unknown_sid.add();
  reply({.status = 400,
         .code = "unknown-session",
         .message = "Session ID unknown",
         .keep_alive = facts_.intent.kind != Intent::Kind::upgrade,
         .body = engineio::kUnknownSessionBody});
}

void Exchange::reply_shed(balance::Assigner::Refusal refusal) {
  using Refusal = balance::Assigner::Refusal;
  if (refusal == Refusal::all_full) worker_.count_shed(ShedReason::sessions_full);
  if (refusal == Refusal::no_backend) worker_.count_shed(ShedReason::no_backend);
  // Spread over some seconds, so that those who were sent away do not come back together.
  const auto retry_after = static_cast<std::uint32_t>(1 + worker_.random()() % 5);
  reply({.status = 503,
         .code = refusal == Refusal::no_backend ? "no-backend" : "full",
         .message = refusal == Refusal::no_backend
                        ? "No backend of this pool can be reached; try again."
                        : "Every backend of this pool has all the sessions it may have; try again.",
         .retry_after = retry_after,
         .keep_alive = true});
}

}  // namespace pinion::proxy
