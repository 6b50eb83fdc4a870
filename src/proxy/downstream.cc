#include "proxy/downstream.h"

#include <algorithm>
#include <utility>

#include "base/release.h"
#include "config/cidr.h"
#include "proxy/exchange.h"
#include "proxy/request_facts.h"
#include "proxy/turned_away.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::CloseReason;

namespace {

// How long a client may take to read the last answer before the connection is closed under it.
constexpr Duration kLinger = std::chrono::seconds{2};
constexpr Duration kLastRequest = std::chrono::seconds{1};
// How long one connection too many has for its request's head.
constexpr Duration kGuestHead = std::chrono::seconds{1};
// How long it may go on sending meanwhile (RFC 9112, 9.6).
constexpr Duration kLongestLinger = std::chrono::seconds{30};

}  // namespace

Downstream::Downstream(Worker& worker, uv::Stream stream, std::string peer)
    : worker_(worker),
      stream_(std::move(stream)),
      peer_(std::move(peer)),
      read_share_(worker.shared().budget) {
  stream_.set_events(*this);
}

Downstream::~Downstream() = default;

void Downstream::start() {
  arm(worker_.config().proxy.timeouts.request_head);
  stream_.start_reading();
}

void Downstream::start_as_guest() {
  guest_ = true;
  arm(std::min(kGuestHead, worker_.config().proxy.timeouts.request_head));
  stream_.start_reading();
}

// Whoever has not said in time what it wants.
void Downstream::turn_away() {
  worker_.count_shed(metrics::ShedReason::connections);
  send_last(too_many_connections(worker_.random()), nullptr);
}

void Downstream::shut_down() {
  last_ = true;
  if (state_ != State::idle) return;
  // A request that has come, or is about to on a connection just made, would hear a reset.
  if (!asked_ || !ahead_.empty() || stream_.something_waits()) return arm(kLastRequest);
  close();
}

bool Downstream::give_up_poll() { return state_ == State::exchange && exchange_->give_up_poll(); }

void Downstream::abort(CloseReason reason) {
  if (state_ == State::closed) return;
  if (exchange_ != nullptr) exchange_->abandon(reason);
  stream_.reset();
  close();
}

void Downstream::close_sessions(std::span<const std::uint64_t> serials) {
  if (state_ == State::exchange) exchange_->close_sessions(serials);
}

void Downstream::shorten_idle() noexcept {
  if (state_ != State::idle || deadline() <= worker_.now() + worker_.idle_time()) return;
  arm(worker_.idle_time());
}

std::size_t Downstream::queued() const noexcept {
  const std::size_t read = partial_.size() + ahead_.size();
  const std::size_t waiting = read + (stream_ ? stream_.queued() : 0);
  return exchange_ == nullptr ? waiting : waiting + exchange_->queued();
}

std::size_t Downstream::read_room() noexcept {
  if (state_ == State::exchange && exchange_->takes_body()) return exchange_->client_read_room();
  return uv::kScratchBytes;
}

void Downstream::on_read(std::string_view bytes) noexcept { take_bytes(bytes); }

void Downstream::take_bytes(std::string_view bytes) {
  // What was read before comes first.
  if (!ahead_.empty()) return read_ahead(bytes);
  std::size_t taken = 0;
  while (!bytes.empty()) {
    switch (state_) {
      case State::idle:
      case State::head:
        if (++taken > kAtOnce) return leave_for_next_turn(bytes);
        take_head(bytes);
        break;
      case State::exchange:
        take_in_exchange(bytes);
        break;
      case State::draining:
        read_ahead(bytes);
        break;
      case State::lingering:
        // One that still sends does not read yet, and would lose the answer by a reset.
        if (worker_.now() + kLinger < linger_until_ && !worker_.shutting_down()) arm(kLinger);
        return;
      case State::closed:
        return;
    }
  }
}

void Downstream::leave_for_next_turn(std::string_view& bytes) {
  read_ahead(bytes);
  worker_.resume_later(*this);
}

void Downstream::take_head(std::string_view& bytes) {
  http::RequestHead& head = worker_.scratch_request();
  const auto result = http::read_request_head(partial_, bytes, worker_.head_limits(), head);
  bytes.remove_prefix(result.consumed);
  account_read();
  if (result.status == http::HeadResult::Status::need_more) {
    // Empty lines are none of a request (RFC 9112, 2.2): some clients send one behind a body.
    const bool begun = partial_.find_first_not_of("\r\n") != std::string::npos;
    if (!begun || std::exchange(state_, State::head) == State::head || guest_) return;
    return arm(worker_.config().proxy.timeouts.request_head);
  }
  if (result.status == http::HeadResult::Status::failed) {
    bytes = {};
    return refuse(result.error, head);
  }
  disarm();
  state_ = State::exchange;
  asked_ = true;
  // A reload may have changed that.
  const auto& trusted = worker_.config().proxy.trusted_proxies;
  trusted_ = !trusted.empty() && config::trusted(trusted, peer_);
  exchange_ = std::make_unique<Exchange>(*this, head);
  exchange_->start(head, bytes);
}

void Downstream::take_in_exchange(std::string_view& bytes) {
  if (exchange_->takes_body()) exchange_->on_client_bytes(bytes);
  if (state_ == State::exchange && !bytes.empty()) read_ahead(bytes);
}

void Downstream::read_ahead(std::string_view& bytes) {
  ahead_.append(std::exchange(bytes, {}));
  account_read();
  if (ahead_.size() >= kReadAhead) stream_.stop_reading();
}

void Downstream::resume_reading() {
  if (ahead_.size() < kReadAhead && !fin_seen_) stream_.start_reading();
}

void Downstream::account_read() { read_share_.set(partial_.size() + ahead_.size()); }

std::string Downstream::take_read_ahead() noexcept {
  std::string bytes = std::exchange(ahead_, {});
  account_read();
  return bytes;
}

void Downstream::on_end(int status) noexcept {
  fin_seen_ = true;
  if (state_ == State::exchange) {
    if (status == 0 && !exchange_->on_client_fin()) return;
    give_up_exchange(status == 0 ? CloseReason::client_closed : CloseReason::client_reset);
  } else if (status == 0 && state_ == State::draining) {
    last_ = last_ || ahead_.empty();
    return;
  } else if (status == 0 && state_ == State::idle && !ahead_.empty()) {
    return;  // resume() is to come
  }
  close();
}

// A poll that is given up is no end of its session.
void Downstream::give_up_exchange(CloseReason reason) {
  if (exchange_->sid().empty()) worker_.count_close(reason);
  exchange_->abandon(reason);
}

void Downstream::client_has_left() {
  give_up_exchange(CloseReason::client_closed);
  close();
}

void Downstream::account_queue() {
  const std::size_t queued = stream_ ? stream_.queued() : 0;
  const std::int64_t change = share_.set(queued);
  if (change == 0) return;
  worker_.counters().queued_bytes.add(static_cast<std::uint64_t>(change));
  if (queued == 0) {
    stall_.reset();
    owed_.reset();
    if (exchange_ != nullptr) exchange_->tell_waiting(0, false);
  } else if (stall_ == nullptr && exchange_ != nullptr && exchange_->pool()) {
    stall_pool_ = *exchange_->pool();
    stall_ = std::make_unique<StallWatch>(worker_.wheel(), stream_, worker_.now(), *this);
  }
}

Duration Downstream::longest_stall() const noexcept {
  return worker_.config().pools[stall_pool_].slow_consumer.after;
}

void Downstream::on_waiting() noexcept {
  const std::size_t bytes = stream_.queued();
  if (exchange_ != nullptr) exchange_->tell_waiting(bytes, stall_->stalled());
  if (owed_ != nullptr) owed_->tell_waiting(bytes, stall_->stalled());
}

void Downstream::on_slow_consumer() noexcept {
  std::string_view sid;
  if (exchange_ != nullptr) sid = exchange_->sid();
  if (owed_ != nullptr) sid = owed_->sid();
  worker_.remarks().slow_consumer(stall_pool_, sid, stream_.queued());
  cut_off(CloseReason::slow_consumer);
}

void Downstream::cut_off(CloseReason reason) {
  // What is lost of an answer was meant for its session.
  if (exchange_ != nullptr && !exchange_->sid().empty() && stream_.queued() > 0) {
    exchange_->end_session(reason);
  } else if (owed_ == nullptr || !owed_->lose(reason)) {
    worker_.count_close(reason);
  }
  abort(reason);
}

void Downstream::on_drain() noexcept {
  account_queue();
  if (state_ == State::exchange) return exchange_->on_client_drain();
  if (state_ != State::draining || stream_.queued() > 0) return;
  if (last_) {
    linger();
  } else {
    become_idle();
  }
}

void Downstream::on_write_error(int /*status*/) noexcept { abort(CloseReason::client_reset); }

void Downstream::exchange_done(bool keep) {
  if (stream_.queued() > 0) owed_ = exchange_->owed();
  if (owed_ != nullptr)
    owed_->tell_waiting(stream_.queued(), stall_ != nullptr && stall_->stalled());
  worker_.retire(std::move(exchange_));
  last_ = last_ || !keep || (fin_seen_ && ahead_.empty() && !resuming_);
  if (last_) linger_until_ = worker_.now() + (guest_ ? kLinger : kLongestLinger);
  state_ = State::draining;
  if (stream_.queued() == 0) return last_ ? linger() : become_idle();
  // Whether it takes its answer is for the watch over that to judge, which what pinion says itself
  // does not have.
  if (stall_ == nullptr) arm(worker_.config().proxy.timeouts.keep_alive);
  if (!last_) resume_reading();
}

void Downstream::become_idle() {
  state_ = State::idle;
  arm(worker_.idle_time());
  if (ahead_.empty()) return stream_.start_reading();
  // Not from here: the exchange that has just ended is still on the stack.
  worker_.resume_later(*this);
}

void Downstream::put_read_ahead(std::string_view bytes) {
  if (bytes.empty() || last_ || state_ == State::closed) return;
  ahead_.insert(0, bytes);
  account_read();
  if (ahead_.size() >= kReadAhead) stream_.stop_reading();
  if (state_ == State::idle) worker_.resume_later(*this);
}

void Downstream::resume() {
  if (state_ != State::idle) return;
  const std::string bytes = take_read_ahead();
  resume_reading();
  resuming_ = true;
  take_bytes(bytes);
  resuming_ = false;
  if (!fin_seen_ || !ahead_.empty()) return;
  // The client has sent all that it will send, and this is not a whole request.
  if (state_ == State::idle || state_ == State::head) close();
  if (state_ == State::draining) last_ = true;
}

void Downstream::exchange_broken() {
  worker_.retire(std::move(exchange_));
  // Without a RST the client could take the part that it has for the whole. It costs the client
  // what its kernel has and it has not read.
  stream_.reset();
  close();
}

uv::Stream Downstream::leave_for_tunnel() {
  uv::Stream stream = std::move(stream_);
  account_queue();
  worker_.retire(std::move(exchange_));
  state_ = State::closed;
  disarm();
  worker_.retire(*this);
  return stream;
}

void Downstream::refuse(http::HeadError error, const http::RequestHead& sound_part) {
  worker_.counters().head_errors.add();
  worker_.count_close(CloseReason::client_error);
  const int status = http::status_of(error);
  send_last({.status = status, .code = http::code_of(error), .message = http::message_of(error)},
            &sound_part);
}

void Downstream::send_last(const http::Reply& reply, const http::RequestHead* request) {
  worker_.counters().no_pool.answered(reply.status);
  log_refusal(reply);
  last_ = true;
  if (request != nullptr) linger_until_ = worker_.now() + kLongestLinger;
  state_ = State::draining;
  release(ahead_);
  release(partial_);
  account_read();
  stream_.start_reading();
  if (stream_.write({http::write_reply(reply, request)}) != 0) return close();
  account_queue();
  arm(kLinger);
  if (stream_.queued() == 0) linger();
}

// Of a client that did not get as far as a request, the log has its address and what it heard.
void Downstream::log_refusal(const http::Reply& reply) const {
  log::AccessLog& access_log = worker_.shared().access_log;
  if (!access_log.enabled()) return;
  RequestFacts facts;
  facts.client = peer_;
  facts.began = worker_.now();
  facts.began_at = std::chrono::system_clock::now();
  facts.method = facts.target = "-";
  const bool by_proxy = reply.status == 503;
  write_access(access_log, facts,
               {.status = reply.status,
                .error = reply.code,
                .side = by_proxy ? metrics::Side::proxy : metrics::Side::client},
               facts.began);
}

void Downstream::linger() {
  if (fin_seen_) return close();
  state_ = State::lingering;
  release(ahead_);
  account_read();
  stream_.end();
  stream_.start_reading();
  arm(kLinger);
}

void Downstream::on_timer(TimePoint /*now*/) noexcept {
  if (guest_ && (state_ == State::idle || state_ == State::head)) return turn_away();
  if (state_ == State::head) {
    worker_.count_close(CloseReason::client_timeout);
    http::RequestHead& head = worker_.scratch_request();
    http::read_sound_part(partial_, worker_.head_limits(), head);
    return send_last({.status = 408,
                      .code = "head-timeout",
                      .message = "The request head did not arrive in time."},
                     &head);
  }
  if (state_ == State::draining) {
    worker_.count_close(CloseReason::client_timeout);
    return abort(CloseReason::client_timeout);
  }
  close();
}

void Downstream::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  disarm();
  if (exchange_ != nullptr) worker_.retire(std::move(exchange_));
  stream_.close();
  account_queue();
  worker_.connection_closed();
  worker_.retire(*this);
}

void Downstream::arm(Duration timeout) { worker_.wheel().arm(*this, worker_.now() + timeout); }

}  // namespace pinion::proxy
