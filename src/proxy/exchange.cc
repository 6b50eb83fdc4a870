#include "proxy/exchange.h"

#include <algorithm>

#include "http/forward.h"
#include "http/head_parser.h"
#include "proxy/called_off.h"
#include "proxy/downstream.h"
#include "proxy/progress.h"
#include "proxy/turned_away.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::CloseReason;
using metrics::Direction;

namespace {

constexpr http::Reply kResponseTimeout = {.status = 504,
                                          .code = "response-timeout",
                                          .message = "The backend did not answer in time.",
                                          .keep_alive = true};

std::string_view transport_word(const RequestFacts& facts) noexcept {
  if (!facts.on_engineio_path) return {};
  return facts.wants_upgrade ? "websocket" : "polling";
}

}  // namespace

Exchange::Exchange(Downstream& downstream, const http::RequestHead& head)
    : worker_(downstream.worker()),
      downstream_(downstream),
      request_body_(head.framing, {.body = worker_.config().proxy.limits.body,
                                   .gathered = worker_.config().proxy.limits.buffered_body}),
      gathered_share_(worker_.shared().budget),
      progress_(worker_.now()),
      ids_(worker_, facts_),
      join_(worker_, facts_, head_bytes_, *this),
      placing_(worker_, facts_, tried_, *this) {
  facts_.minor_version = head.minor_version;
  facts_.is_head = head.method == "HEAD";
  facts_.is_safe = facts_.is_head || head.method == "GET" || head.method == "OPTIONS";
  facts_.keep_alive = head.keep_alive;
  facts_.wants_upgrade = head.upgrades_to_websocket;
  facts_.accepts_json = http::accepts_json(head.fields);
  facts_.origin = head.fields.find(http::FieldName::origin).value_or("");
  facts_.client = http::client_of(head, downstream.peer(), downstream.peer_is_trusted());
  facts_.began = worker_.now();
  keep_downstream_ = !downstream.is_guest();
  route(head);
  if (worker_.shared().access_log.enabled()) {
    facts_.began_at = std::chrono::system_clock::now();
    facts_.method = head.method;
    facts_.target = head.target;
  }
}

Exchange::~Exchange() = default;

void Exchange::start(const http::RequestHead& head, std::string_view& bytes) {
  input_ = &bytes;
  if (facts_.pool) read_affinity(head);
  const bool gathers =
      join_.reads_body() || ids_.in_body() ||
      (head.framing.kind == http::Framing::Kind::chunked && facts_.on_engineio_path);
  if (!gathers) write_head(head);
  if (admit(head)) {
    if (gathers && is_of_no_session()) {
      reply_unknown_session();
    } else if (gathers) {
      begin_gathering(head);
      gather(bytes);
    } else {
      choose_backend();
      // A connect that fails at once may leave another backend to be sent to.
      while (phase_ == Phase::waiting && !sent_) send_request(bytes);
    }
  }
  input_ = nullptr;
}

// Such a body is not worth the memory.
bool Exchange::is_of_no_session() const {
  return facts_.intent.kind == Intent::Kind::push &&
         !worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid});
}

// An upgrade would stay; without it a session goes on as it is.
bool Exchange::goes_on_by_polling() const {
  const Intent::Kind kind = facts_.intent.kind;
  return (kind == Intent::Kind::poll || kind == Intent::Kind::push ||
          kind == Intent::Kind::preflight) &&
         worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid});
}

bool Exchange::admit(const http::RequestHead& head) {
  if (!facts_.pool) {
    worker_.counters().unrouted.add();
    reply({.status = 404, .code = "no-route", .message = "No route matches this host and path."});
    return false;
  }
  if (downstream_.is_guest() && !goes_on_by_polling()) {
    worker_.count_shed(metrics::ShedReason::connections);
    reply(too_many_connections(worker_.random()));
    return false;
  }
  const std::uint64_t limit = worker_.config().proxy.limits.body;
  if (limit != 0 && head.framing.kind == http::Framing::Kind::length &&
      head.framing.length > limit) {
    body_failed(RequestBody::Status::too_large);
    return false;
  }
  if (facts_.intent.kind == Intent::Kind::push) {
    const auto type = head.fields.find(http::FieldName::content_type).value_or("");
    request_body_.watch(
        engineio::PacketScanner({.revision = facts_.intent.revision,
                                 .jsonp_post = facts_.intent.jsonp,
                                 .jsonp_answer = false,
                                 .binary = type.starts_with("application/octet-stream"),
                                 .opaque = head.fields.has(http::FieldName::content_encoding)}));
  }
  return true;
}

void Exchange::write_head(const http::RequestHead& head) {
  http::write_request_head(head_bytes_, head,
                           {.client_address = downstream_.peer(),
                            .proto = "http",
                            .peer_is_trusted = downstream_.peer_is_trusted(),
                            .drop_expect = gathering_head_ != nullptr,
                            .drop_accept_encoding = facts_.intent.kind == Intent::Kind::handshake,
                            .framing = request_body_.framing()});
  if (kept_head() > 0) share_what_is_kept();
}

std::size_t Exchange::queued() const noexcept {
  return gathered_.size() + request_body_.held() + kept_head() + queued_upstream();
}

std::size_t Exchange::queued_upstream() const noexcept {
  return upstream_ != nullptr && upstream_->stream() ? upstream_->stream().queued() : 0;
}

// A FIN is how clients give a poll or a handshake up, and the backend must hear it at once.
// Elsewhere a client may have closed its sending side only; it gets its answer, but is not waited
// for without end.
bool Exchange::gives_up_by_leaving() const noexcept {
  return facts_.intent.in_session() || facts_.intent.kind == Intent::Kind::handshake;
}

bool Exchange::on_client_fin() {
  if (answered_) {
    if (!request_complete_) end_answered();
    return false;
  }
  if (gives_up_by_leaving() || !request_complete_) return true;
  if (phase_ == Phase::responding) arm(worker_.config().proxy.timeouts.request_body_idle);
  return false;
}

void Exchange::reply(const http::Reply& answer) {
  if (response_body_) return break_off(CloseReason::backend_error);
  drop_upstream();
  drop_body();
  http::Reply sent = answer;
  sent.keep_alive = answer.keep_alive && facts_.keep_alive && keep_downstream_ &&
                    request_complete_ && !(is_plain() && worker_.overloaded(Rung::no_keep_alive));
  status_ = sent.status;
  error_code_ = sent.code;
  // Who hears this may come again at once.
  placing_.return_credit();
  const std::string text = write_reply_to_request(sent);
  const bool failed = downstream_.stream().write({text}) != 0;
  downstream_.account_queue();
  if (failed) return break_off(CloseReason::client_reset);
  finish(sent.keep_alive);
}

std::string Exchange::write_reply_to_request(const http::Reply& answer) const {
  http::RequestHead head;
  if (facts_.is_head) head.method = "HEAD";
  head.minor_version = facts_.minor_version;
  head.keep_alive = facts_.keep_alive;
  if (facts_.accepts_json) head.fields.add("Accept", "application/json");
  if (!facts_.origin.empty()) head.fields.add("Origin", facts_.origin);
  return http::write_reply(answer, &head);
}

// As long as nothing of the answer was sent, another can take its place.
void Exchange::fail_response(CloseReason reason, const http::Reply& instead) {
  if (response_body_->began()) {
    // As the backend has ended it: who counts the bytes or the chunks sees that some are missing,
    // and has all that came. Of the answer to a poll a part is of no use.
    const bool shows = reason == CloseReason::backend_closed && response_body_->shows_its_end();
    if (!shows || facts_.intent.in_session()) return break_off(reason);
    note_error(reason);
    worker_.count_close(reason);
    drop_upstream();
    return finish(false);
  }
  response_body_.reset();
  reply(instead);
}

void Exchange::finish(bool keep) {
  settle();
  downstream_.exchange_done(keep);
}

void Exchange::note_error(CloseReason reason) noexcept {
  error_code_ = metrics::to_string(reason);
  error_side_ = metrics::side_of(reason);
}

void Exchange::break_off(CloseReason reason) {
  note_error(reason);
  worker_.count_close(reason);
  drop_upstream();
  settle();
  downstream_.exchange_broken();
}

void Exchange::abandon(CloseReason reason) {
  if (phase_ == Phase::over) return;
  note_error(reason);
  call_off_upgrade();
  drop_upstream();
  settle();
}

// Its backend may have accepted it already.
void Exchange::call_off_upgrade() {
  if (facts_.intent.kind != Intent::Kind::upgrade || phase_ != Phase::waiting || !sent_) return;
  if (upstream_ == nullptr || !upstream_->stream()) return;
  const auto frame = calls_upgrade_off(static_cast<std::uint32_t>(worker_.random()()));
  (void)upstream_->stream().write({frame});
}

bool Exchange::awaits_session() const noexcept {
  const bool waits = phase_ == Phase::held || phase_ == Phase::joining || phase_ == Phase::moving ||
                     phase_ == Phase::connecting || phase_ == Phase::waiting;
  return waits && session_.has_value();
}

// A POST that has begun to go on is a message that is under way: the next request hears it.
void Exchange::close_sessions(std::span<const std::uint64_t> serials) {
  if (!awaits_session()) return;
  if (facts_.intent.kind == Intent::Kind::push && phase_ == Phase::waiting && sent_) return;
  if (std::ranges::binary_search(serials, session_->found().serial)) send_session_away();
}

bool Exchange::give_up_poll() {
  if (facts_.intent.kind != Intent::Kind::poll || !awaits_session()) return false;
  keep_downstream_ = false;
  send_session_away();
  return true;
}

std::unique_ptr<OwedAnswer> Exchange::owed() const {
  if (!session_) return nullptr;
  return std::make_unique<OwedAnswer>(worker_.shared().ledger, session_->key(),
                                      session_->found().serial);
}

void Exchange::tell_waiting(std::size_t bytes, bool stalled) noexcept {
  using session::Condition;
  if (!session_) return;
  if (response_paused_.paused()) {
    session_->add_pause(
        response_paused_.split(worker_.now(), worker_.counters().direction(Direction::out)));
  }
  session_->tell_waiting(
      {.bytes = bytes, .condition = stalled ? Condition::stalled : Condition::flowing});
}

void Exchange::settle() {
  placing_.give_up();
  if (status_ < 200 || status_ >= 300) placing_.return_credit();
  join_.give_up();
  phase_ = Phase::over;
  disarm();
  backend_watch_.reset();
  auto& counters = worker_.counters();
  const Duration paused =
      request_paused_.resume(worker_.now(), counters.direction(Direction::in)) +
      response_paused_.resume(worker_.now(), counters.direction(Direction::out));
  counters.direction(Direction::in).bytes.add(request_body_.received());
  if (response_body_) counters.direction(Direction::out).bytes.add(response_body_->received());
  const Duration took = worker_.now() - facts_.began;
  counters.request_duration.observe(metrics::kDurationBounds, to_seconds(took),
                                    static_cast<std::uint64_t>(took.count()));
  if (status_ != 0)
    (facts_.pool ? counters.pools[*facts_.pool] : counters.no_pool).answered(status_);
  if (worker_.shared().access_log.enabled()) log_access();
  if (session_) {
    session_->add_pause(paused);
    if (!error_code_.empty()) {
      session_->note_error(error_code_);
    } else if (status_ >= 400) {
      session_->note_error(status_ >= 500 ? "backend-5xx" : "backend-4xx");
    }
    session_->release(worker_.now());
  } else {
    count_work();
  }
  reservation_.release();
  inflight_.release();
  response_body_.reset();
}

void Exchange::log_access() const {
  Outcome outcome{.status = status_,
                  .bytes_in = request_body_.received(),
                  .transport = transport_word(facts_),
                  .error = error_code_,
                  .side = error_side_};
  if (response_body_) outcome.bytes_out = response_body_->received();
  if (facts_.pool) outcome.pool = worker_.config().pools[*facts_.pool].name;
  if (backend_ != nullptr) outcome.backend = backend_->identity().name;
  if (session_) {
    outcome.sid = session_->sid();
  } else if (response_body_ && response_body_->opened() != nullptr) {
    outcome.sid = response_body_->opened()->sid;
  }
  write_access(worker_.shared().access_log, facts_, outcome, worker_.now());
}

// @returns false when it has moved since, and is looked at again
bool Exchange::body_stands_still(TimePoint now) {
  note_what_backend_took(now);
  const TimePoint due = progress_ + worker_.config().proxy.timeouts.request_body_idle;
  if (now < due) worker_.wheel().arm(*this, due);
  return now >= due;
}

// A backend that takes what waits for it is not idle, whatever it says.
void Exchange::note_what_backend_took(TimePoint now) noexcept {
  if (queued_upstream() > 0 && progressed(upstream_->stream(), backend_took_)) progress_ = now;
}

bool Exchange::answer_stands_still(TimePoint now) {
  if (response_body_->holding()) return true;
  note_what_backend_took(now);
  const TimePoint due = progress_ + worker_.config().proxy.timeouts.response_idle;
  if (now < due) worker_.wheel().arm(*this, due);
  return now >= due;
}

void Exchange::arm(Duration timeout) { worker_.wheel().arm(*this, worker_.now() + timeout); }

void Exchange::on_timer(TimePoint now) noexcept {
  const auto& timeouts = worker_.config().proxy.timeouts;
  if (phase_ == Phase::queued) return placing_.expire();
  if (phase_ == Phase::held) return held_long_enough();
  if (phase_ == Phase::joining) return join_.expire();
  if (phase_ == Phase::connecting) {
    if (std::exchange(backlog_full_, false) && now < connect_until_) return connect_anew();
    return connect_failed(UV_ETIMEDOUT);
  }
  if (answered_) {
    if (body_stands_still(now)) end_answered();
    return;
  }
  if (phase_ == Phase::responding) {
    // A client may take its time over the answer, as any may.
    if (downstream_.stream().queued() > 0) return arm(timeouts.request_body_idle);
    // Whoever is not read cannot say more, and whoever has said nothing may keep it for itself.
    const bool client_has_to_send =
        !request_complete_ && !request_paused_.paused() && request_body_.received() > 0;
    if (client_has_to_send) {
      if (body_stands_still(now)) break_off(CloseReason::client_timeout);
    } else if (downstream_.half_closed() && !response_body_->holding()) {
      break_off(CloseReason::client_closed);
    } else if (answer_stands_still(now)) {
      fail_response(CloseReason::backend_timeout, kResponseTimeout);
    }
    return;
  }
  if (!request_complete_) {
    if (!body_stands_still(now)) return;
    keep_downstream_ = false;
    if (!request_paused_.paused()) {
      return reply({.status = 408,
                    .code = "body-timeout",
                    .message = "The request body did not arrive in time."});
    }
  } else {
    note_silence();
    if (now < answer_due_) return worker_.wheel().arm(*this, answer_due_);
  }
  reply(kResponseTimeout);
}

}  // namespace pinion::proxy
