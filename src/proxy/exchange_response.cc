// The answer of the backend on its way to the client.
#include "engineio/dialect.h"
#include "http/forward.h"
#include "http/head_parser.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::CloseReason;
using metrics::Direction;

namespace {

constexpr http::Reply kBadResponse = {.status = 502,
                                      .code = "bad-response",
                                      .message = "The backend's answer is not valid HTTP.",
                                      .keep_alive = true};

}  // namespace

std::size_t Exchange::upstream_read_room() noexcept {
  const std::size_t high = worker_.high_mark();
  const std::size_t queued = downstream_.stream().queued();
  if (queued < high) return high - queued;
  // The mark may have been lowered since.
  pause_backend_if_full();
  return 0;
}

void Exchange::on_upstream_read(std::string_view bytes) noexcept {
  if (answered_) return end_answered();
  if (phase_ == Phase::responding) return pass_response(bytes, false);
  while (phase_ == Phase::waiting) {
    http::ResponseHead& head = worker_.scratch_response();
    const auto result = http::read_response_head(response_partial_, bytes, worker_.head_limits(),
                                                 facts_.is_head ? "HEAD" : "GET", head);
    if (result.status == http::HeadResult::Status::failed) {
      worker_.remarks().bad_response(*backend_, http::code_of(result.error));
      note_silence();
      return reply(kBadResponse);
    }
    bytes.remove_prefix(result.consumed);
    if (result.status == http::HeadResult::Status::need_more) return;
    if (head.status == 101) {
      if (!facts_.wants_upgrade || !head.fields.lists("upgrade", "websocket")) {
        worker_.remarks().bad_response(*backend_, "unasked-upgrade");
        return reply(kBadResponse);
      }
      return become_tunnel(head, bytes);
    }
    if (head.status >= 200) {
      begin_response(head);
      return pass_response(bytes, false);
    }
    pass_interim(head);
    if (bytes.empty()) return;
  }
}

void Exchange::pass_interim(const http::ResponseHead& head) {
  // HTTP/1.0 knows no interim responses (RFC 9110, 15.2).
  if (facts_.minor_version == 0) return;
  std::string& text = worker_.scratch_text();
  http::write_response_head(text, head, {.client_minor_version = facts_.minor_version});
  const bool failed = downstream_.stream().write({text}) != 0;
  text.clear();
  downstream_.account_queue();
  if (failed) return break_off(CloseReason::client_reset);
  pause_backend_if_full();
}

void Exchange::pause_backend_if_full() {
  if (response_paused_.paused() || downstream_.stream().queued() < worker_.high_mark()) return;
  upstream_->stream().stop_reading();
  response_paused_.pause(worker_.now(), worker_.counters().direction(Direction::out));
}

void Exchange::begin_response(const http::ResponseHead& head) {
  phase_ = Phase::responding;
  disarm();
  // Nothing more is heard of a client that has sent its FIN, not even that it is gone.
  // One that waited for a 100 and got this may keep its body for itself.
  const bool body_has_begun = !request_complete_ && request_body_.received() > 0;
  if (downstream_.half_closed() || body_has_begun) {
    arm(worker_.config().proxy.timeouts.request_body_idle);
  }
  status_ = head.status;
  note_answer(head);
  const http::Framing to_client = http::response_framing(head, facts_.minor_version);
  // A client that is still sending its body would take the rest of it for the next request.
  keep_downstream_ = keep_downstream_ && facts_.keep_alive && request_complete_ &&
                     !(is_plain() && worker_.overloaded(Rung::no_keep_alive)) &&
                     !worker_.shutting_down() && to_client.kind != http::Framing::Kind::until_close;
  // uvicorn closes the connection behind an answer that an error of the application has made, and
  // does not say so in its head.
  const bool failed = head.status >= 500;
  // Where the end of the connection is that of the answer, a client may wait for it.
  takes_rest_ =
      head.keep_alive && head.status < 300 && to_client.kind != http::Framing::Kind::until_close;
  keep_upstream_ = head.keep_alive && request_complete_ && !discard_body_ && !failed &&
                   head.framing.kind != http::Framing::Kind::until_close;
  // The request's head is done with, its memory is not.
  const bool counted = kept_head() > 0;
  std::string text = std::move(head_bytes_);
  text.clear();
  if (counted) share_what_is_kept();
  http::write_response_head(text, head,
                            {.client_minor_version = facts_.minor_version,
                             .keep_alive = keep_downstream_,
                             .framing = to_client});
  ids_.add_cookie(text, *backend_, status_);
  response_body_.emplace(std::move(text), head.framing, to_client);
  watch_response(head);
}

void Exchange::note_answer(const http::ResponseHead& head) {
  ids_.suggest(*backend_, head.status);
  BackendNews& news = worker_.shared().news;
  news.answered(*backend_, status_, worker_.now());
  if (facts_.intent.kind == Intent::Kind::handshake) {
    news.handshake_answered(*backend_, status_, worker_.now());
    if (status_ == 101) news.handshake_opened(*backend_, worker_.now());
  }
  note_latency();
  worker_.take_report(*backend_, head.fields);
}

void Exchange::note_latency() {
  const bool push = facts_.intent.kind == Intent::Kind::push;
  if (!push && !sampled_) return;
  const TimePoint now = uv::Loop::precise_now();
  const Duration took = now - asked_at_;
  if (push) backend_->push_latency().add(took, now);
  // An error may come from whoever stands before the engine.
  if (sampled_ && status_ < 300) {
    backend_->request_samples().add({.kind = *sampled_, .sent = asked_at_, .took = took});
  }
}

session::Dialect Exchange::dialect() const noexcept {
  return {.revision = static_cast<std::uint8_t>(facts_.intent.revision),
          .jsonp = facts_.intent.jsonp};
}

OpenWatch::Origin Exchange::origin(session::Transport transport) const {
  return {.pool = *facts_.pool,
          .client = facts_.client,
          .transport = transport,
          .worker = static_cast<std::uint16_t>(worker_.index()),
          .dialect = dialect(),
          .joins = join_.may_be_elsewhere(),
          .id = ids_.id_of_session(),
          .keep = affinity().keep};
}

void Exchange::watch_response(const http::ResponseHead& head) {
  if (facts_.intent.kind == Intent::Kind::handshake && head.status == 200) {
    response_body_->watch_open(std::make_unique<OpenWatch>(
        worker_.shared().ledger, std::move(reservation_), origin(session::Transport::polling)));
    arm(worker_.config().proxy.timeouts.response_head);
    return;
  }
  reservation_.release();
  if (!facts_.intent.in_session()) return;
  if (head.status >= 400) {
    response_body_->watch_error();
  } else if (facts_.intent.kind == Intent::Kind::poll) {
    const auto type = head.fields.find(http::FieldName::content_type).value_or("");
    response_body_->watch_packets(
        engineio::PacketScanner({.revision = session_->found().dialect.revision,
                                 .jsonp_post = false,
                                 .jsonp_answer = session_->found().dialect.jsonp,
                                 .binary = type.starts_with("application/octet-stream"),
                                 .opaque = head.fields.has(http::FieldName::content_encoding)}));
  }
}

void Exchange::pass_response(std::string_view bytes, bool ended) {
  // A half-closed client is waited for only while the answer moves, as is the rest of a body.
  progress_ = worker_.now();
  if (downstream_.half_closed() && !response_body_->holding())
    arm(worker_.config().proxy.timeouts.request_body_idle);
  auto status = ResponseBody::Status::need_more;
  bool client_failed = false;
  {
    GatherWriter out(downstream_.stream(), worker_.scratch_text());
    const bool was_holding = response_body_->holding();
    status = ended ? response_body_->pass_end(out, worker_.now())
                   : response_body_->pass(bytes, out, worker_.now());
    if (was_holding && !response_body_->holding()) disarm();
    if (status == ResponseBody::Status::done) note_end_of_answer();
    client_failed = out.flush() != 0;
  }
  downstream_.account_queue();
  if (client_failed) return break_off(CloseReason::client_reset);
  if (status == ResponseBody::Status::malformed) {
    backend_->health().suspect();
    return fail_response(ended ? CloseReason::backend_closed : CloseReason::backend_error,
                         kBadResponse);
  }
  if (status == ResponseBody::Status::done) return end_response();
  pause_backend_if_full();
  limit_silence();
}

// Unless something else is waited for already. Most answers end before they come here.
void Exchange::limit_silence() {
  if (!armed()) arm(worker_.config().proxy.timeouts.response_idle);
}

void Exchange::on_upstream_end(int status) noexcept {
  if (phase_ == Phase::waiting) return request_failed(status);
  if (answered_) return end_answered();
  if (status == 0) return pass_response({}, true);
  backend_->health().suspect();
  fail_response(CloseReason::backend_reset, kBadResponse);
}

void Exchange::on_client_drain() {
  if (!response_paused_.paused() || downstream_.stream().queued() > worker_.low_mark()) return;
  const Duration paused =
      response_paused_.resume(worker_.now(), worker_.counters().direction(Direction::out));
  // It could say nothing meanwhile.
  progress_ = worker_.now();
  if (session_) session_->add_pause(paused);
  upstream_->stream().start_reading();
}

// Before the client has it: whoever hears the answer finds what follows from it.
void Exchange::note_end_of_answer() {
  if (response_body_->opened() != nullptr) {
    worker_.shared().news.handshake_opened(*backend_, worker_.now());
  } else if (facts_.intent.kind == Intent::Kind::handshake && status_ == 200 && !facts_.is_head) {
    worker_.remarks().unlearnt(*backend_);
  }
  if (!session_) return;
  auto& traffic = session_->traffic();
  traffic.bytes_out += response_body_->received();
  if (const auto& packets = response_body_->packets()) {
    traffic.frames_out += packets->packets();
    traffic.beyond_pings |= packets->saw_more();
    worker_.counters().direction(Direction::out).polled_packets.add(packets->packets());
    note_pings(*packets, session::PingNote::ping_of_backend, session::PingNote::pong_of_backend);
    if (packets->saw_close()) session_->close_session(CloseReason::backend_engineio_close);
  }
  const auto& pushed = request_body_.watched();
  if (pushed && pushed->saw_close() && status_ < 300) {
    session_->close_session(CloseReason::client_engineio_close);
  }
  if (status_ >= 400 &&
      engineio::tells_unknown_session(status_, response_body_->error_prefix(),
                                      facts_.intent.kind == Intent::Kind::upgrade)) {
    session_->close_session(CloseReason::unknown_session);
  }
}

// A backend that has said yes, and did not say that it closes, may read on: then it is no end that
// it has answered. Who says no is not sent what may be much; and a client that waited for a 100 may
// keep its body for itself.
bool Exchange::wants_rest_of_body() noexcept {
  const bool has_more = request_complete_ ? queued_upstream() > 0 : request_body_.received() > 0;
  return has_more && takes_rest_ && !discard_body_ && !response_body_->had_excess() &&
         !downstream_.half_closed() && !worker_.shutting_down();
}

void Exchange::end_if_rest_is_sent() {
  if (request_complete_ && queued_upstream() == 0) end_answered();
}

void Exchange::end_answered() {
  drop_upstream();
  finish(keep_downstream_ && request_complete_);
}

void Exchange::end_response() {
  if (wants_rest_of_body()) {
    answered_ = true;
    return arm(worker_.config().proxy.timeouts.request_body_idle);
  }
  if (keep_upstream_ && request_complete_ && !discard_body_ && upstream_->stream().queued() == 0 &&
      !response_body_->had_excess()) {
    worker_.upstreams().give_back(std::move(upstream_));
  } else {
    drop_upstream();
  }
  finish(keep_downstream_ && request_complete_);
}

void Exchange::note_pings(const engineio::PacketScanner& seen, session::PingNote ping,
                          session::PingNote pong) noexcept {
  if (!seen.saw_ping() && !seen.saw_pong()) return;
  const TimePoint now = uv::Loop::precise_now();
  if (seen.saw_ping()) session_->note_ping(ping, now);
  if (seen.saw_pong()) session_->note_ping(pong, now);
}

void Exchange::become_tunnel(const http::ResponseHead& head, std::string_view rest) {
  status_ = 101;
  disarm();
  note_answer(head);
  std::string& text = worker_.scratch_text();
  http::write_response_head(text, head, {.upgrade = true});
  ids_.add_cookie(text, *backend_, status_);

  Tunnel::Setup setup{.backend = backend_};
  if (worker_.shared().access_log.enabled()) {
    setup.facts = facts_;
    // It is as long as its client likes, and logged nowhere.
    setup.facts.origin = {};
  }
  const bool opens = facts_.intent.kind == Intent::Kind::handshake;
  if (session_) {
    setup.session = OpenedSession{.sid = std::string(session_->sid()),
                                  .serial = session_->found().serial,
                                  .time_to_live = session_->found().time_to_live};
    worker_.shared().ledger.set_tunnel(session_->key(), session_->found().serial, true,
                                       static_cast<std::uint16_t>(worker_.index()), worker_.now());
    session_->release(worker_.now());
  }
  if (join_.may_be_elsewhere() && (opens || session_)) {
    if (session_ && join_.is_over_for(session_->key())) {
      setup.later = watch_later_connects(head);
    } else {
      setup.join = watch_connect(head);
    }
  }
  if (opens) {
    OpenWatch::Origin origin = this->origin(session::Transport::websocket);
    origin.joins = setup.join != nullptr;
    setup.open_watch = std::make_unique<OpenWatch>(worker_.shared().ledger, std::move(reservation_),
                                                   std::move(origin));
  }
  if (!setup.session) count_work();
  if (!setup.session) setup.inflight = std::move(inflight_);
  phase_ = Phase::over;
  inflight_.release();
  worker_.counters().pools[*facts_.pool].answered(101);
  const std::string ahead = downstream_.take_read_ahead();
  uv::Stream backend_side = upstream_->take_stream();
  worker_.retire(std::move(upstream_));
  account_queue();
  const bool client_has_ended = downstream_.half_closed();
  auto tunnel = std::make_unique<Tunnel>(worker_, std::move(setup), downstream_.leave_for_tunnel(),
                                         std::move(backend_side));
  Tunnel& started = *tunnel;
  worker_.add(std::move(tunnel));
  started.start(text, rest, ahead);
  if (client_has_ended) started.client_has_ended();
  text.clear();
}

}  // namespace pinion::proxy
