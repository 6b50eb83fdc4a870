// The body of a request on its way from the client to the backend.
#include <algorithm>

#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/progress.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::Direction;

namespace {

// A backend that has not answered a handshake by then gets no more of them for now, while this one
// still waits.
constexpr Duration kHandshakePatience = std::chrono::seconds{2};
constexpr std::size_t kSmallHead = 4096;  // bytes

}  // namespace

void Exchange::begin_gathering(const http::RequestHead& head) {
  phase_ = Phase::gathering;
  // A copy, since the worker's head is parsed into again before the body is complete.
  gathering_head_ = std::make_unique<http::RequestHead>(head);
  share_what_is_kept();
  arm(worker_.config().proxy.timeouts.request_body_idle);
  // The backend is asked when the body is there, so the client would wait for this in vain.
  if (head.expects_continue) (void)downstream_.stream().write({"HTTP/1.1 100 Continue\r\n\r\n"});
}

bool Exchange::takes_body() const noexcept {
  return !request_complete_ && phase_ != Phase::queued && phase_ != Phase::held &&
         phase_ != Phase::joining && phase_ != Phase::moving && phase_ != Phase::connecting &&
         phase_ != Phase::over;
}

std::size_t Exchange::client_read_room() noexcept {
  if (upstream_ == nullptr || discard_body_) return uv::kScratchBytes;
  const std::size_t high = worker_.high_mark();
  const std::size_t queued = upstream_->stream() ? upstream_->stream().queued() : 0;
  if (queued < high) return high - queued;
  // The mark may have been lowered since.
  pause_client_if_full();
  return 0;
}

void Exchange::on_client_bytes(std::string_view& bytes) {
  progress_ = worker_.now();
  if (phase_ == Phase::gathering) return gather(bytes);
  pass_body(bytes);
}

void Exchange::gather(std::string_view& bytes) {
  const auto status = ids_.in_body() ? request_body_.peek(bytes, gathered_)
                                     : request_body_.gather(bytes, gathered_);
  share_what_is_kept();
  const bool enough = ids_.in_body() && gathered_.size() > engineio::kMaxConnectPacket;
  if (status == RequestBody::Status::need_more && !enough) return;
  if (status == RequestBody::Status::malformed || status == RequestBody::Status::too_large) {
    return body_failed(status);
  }
  if (enough) {
    gathered_enough();
  } else {
    gathered_all();
  }
  write_head(*gathering_head_);
  gathering_head_.reset();
  share_what_is_kept();
  phase_ = Phase::waiting;
  std::string_view* const outer = std::exchange(input_, &bytes);
  choose_backend();
  while (phase_ == Phase::waiting && !sent_) {
    if (body_is_gathered_) {
      send_what_waits();
    } else {
      send_request(bytes);
    }
  }
  input_ = outer;
}

void Exchange::gathered_all() {
  ids_.read_body(gathered_);
  body_is_gathered_ = true;
  request_body_.restart_with_length(gathered_.size());
}

// Too long to be read for ids: it goes on as it comes.
void Exchange::gathered_enough() {
  ids_.pass_over_body();
  request_body_.go_on_after(std::exchange(gathered_, {}));
}

void Exchange::pass_body(std::string_view& bytes) {
  if (upstream_ == nullptr || !upstream_->stream() || discard_body_) {
    if (request_body_.pass(bytes, nullptr) == RequestBody::Status::done) request_sent();
    return;
  }
  GatherWriter out(upstream_->stream(), worker_.scratch_text());
  const auto status = request_body_.pass(bytes, &out);
  const bool failed = out.flush() != 0;
  account_queue();
  if (!request_body_.connects().empty()) share_what_is_kept();
  if (status == RequestBody::Status::malformed || status == RequestBody::Status::too_large) {
    return body_failed(status);
  }
  // The backend may have answered and closed early: its answer is still read.
  if (failed) discard_body_ = true;
  if (status == RequestBody::Status::done) return request_sent();
  pause_client_if_full();
}

// Small heads are a part of what each connection takes, and too many to be counted.
std::size_t Exchange::kept_head() const noexcept {
  const std::size_t size =
      gathering_head_ != nullptr ? gathering_head_->fields.bytes() : head_bytes_.size();
  return size > kSmallHead ? size : 0;
}

void Exchange::share_what_is_kept() noexcept {
  gathered_share_.set(gathered_.size() + request_body_.held() + request_body_.connects().size() +
                      kept_head());
}

void Exchange::pause_client_if_full() {
  if (discard_body_ || request_paused_.paused()) return;
  if (upstream_->stream().queued() < worker_.high_mark()) return;
  downstream_.stream().stop_reading();
  backend_took_ = progress_of(upstream_->stream());
  request_paused_.pause(worker_.now(), worker_.counters().direction(Direction::in));
  if (!session_) return;
  backend_watch_ =
      std::make_unique<StallWatch>(worker_.wheel(), upstream_->stream(), worker_.now(), *this);
}

void Exchange::account_queue() noexcept {
  const std::int64_t change = request_share_.set(queued_upstream());
  if (change == 0) return;
  worker_.counters().queued_bytes.add(static_cast<std::uint64_t>(change));
  backend_->queue_changed(change, 0);
  on_waiting();
}

// Also about every second while the client is not read. How long a backend may take nothing is for
// on_timer() to judge.
void Exchange::on_waiting() noexcept {
  if (!session_) return;
  if (request_paused_.paused()) {
    session_->add_pause(
        request_paused_.split(worker_.now(), worker_.counters().direction(Direction::in)));
  }
  session_->tell_waiting({.bytes = queued_upstream()});
}

void Exchange::on_upstream_drain() noexcept {
  account_queue();
  if (answered_ && request_complete_) return end_if_rest_is_sent();
  if (!request_paused_.paused() || upstream_->stream().queued() > worker_.low_mark()) return;
  progress_ = worker_.now();
  resume_client();
}

void Exchange::resume_client() noexcept {
  backend_watch_.reset();
  const Duration paused =
      request_paused_.resume(worker_.now(), worker_.counters().direction(Direction::in));
  if (session_) session_->add_pause(paused);
  downstream_.resume_reading();
}

void Exchange::request_sent() {
  request_complete_ = true;
  // How long its client took for the body is not the backend's doing.
  if (facts_.intent.kind == Intent::Kind::push && !sampled_) {
    asked_at_ = uv::Loop::precise_now();
  }
  if (session_) {
    session_->traffic().bytes_in += request_body_.received();
    if (const auto& scanner = request_body_.watched()) {
      session_->traffic().frames_in += scanner->packets();
      session_->traffic().beyond_pings |= scanner->saw_more();
      worker_.counters().direction(Direction::in).polled_packets.add(scanner->packets());
      note_pings(*scanner, session::PingNote::ping_of_client, session::PingNote::pong_of_client);
      charge_client();
    }
    if (!discard_body_) join_.take_later(*session_, request_body_.connects());
  }
  if (answered_) return end_if_rest_is_sent();
  if (phase_ == Phase::responding && !downstream_.half_closed() && !response_body_->holding()) {
    arm(worker_.config().proxy.timeouts.response_idle);
  }
  if (phase_ != Phase::waiting) return;
  // A poll waits for as long as the session's pings may take, whatever the config says of other
  // answers.
  const Duration configured = worker_.config().proxy.timeouts.response_head;
  const Duration longest =
      session_ ? std::max(configured, session_->found().time_to_live) : configured;
  answer_due_ = worker_.now() + longest;
  arm(facts_.intent.kind == Intent::Kind::handshake ? std::min(longest, kHandshakePatience)
                                                    : longest);
}

void Exchange::body_failed(RequestBody::Status status) {
  keep_downstream_ = false;
  if (answered_) return end_answered();
  if (status == RequestBody::Status::malformed) worker_.counters().head_errors.add();
  if (response_body_) return break_off(metrics::CloseReason::client_error);
  if (status == RequestBody::Status::too_large) {
    return reply({.status = 413,
                  .code = "body-too-large",
                  .message = "The request body is larger than this proxy allows."});
  }
  reply({.status = 400, .code = "bad-body", .message = "The chunked request body is malformed."});
}

// So that the connection can carry another request after a reply that needed no backend.
void Exchange::drop_body() {
  if (request_complete_ || phase_ == Phase::gathering) return;
  if (body_is_gathered_) {
    request_complete_ = true;
  } else if (input_ != nullptr) {
    request_complete_ = request_body_.pass(*input_, nullptr) == RequestBody::Status::done;
  } else {
    const std::string ahead = downstream_.take_read_ahead();
    std::string_view bytes = ahead;
    request_complete_ = request_body_.pass(bytes, nullptr) == RequestBody::Status::done;
    downstream_.put_read_ahead(bytes);
  }
}

}  // namespace pinion::proxy
