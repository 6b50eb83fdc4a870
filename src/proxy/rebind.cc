#include "proxy/rebind.h"

#include <algorithm>

#include "http/head_parser.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::ConnectResult;
using metrics::RebindResult;

std::optional<websocket::DeflateTerms> agreed_terms(const http::Fields& fields) {
  constexpr std::string_view kName = "sec-websocket-extensions";
  if (fields.count(kName) > 1) return std::nullopt;
  return websocket::read_terms(fields.find(kName).value_or(""));
}

Rebind::Rebind(Worker& worker, Owner& owner, balance::Reservation reservation, Request request)
    : worker_(worker),
      owner_(&owner),
      reservation_(std::move(reservation)),
      upstream_backend_(*reservation_.backend()),
      request_(std::move(request)) {}

Rebind::~Rebind() {
  if (upstream_ != nullptr) upstream_->abandon();
}

// On a connection of its own: a kept one may be closed by the backend at this very moment, and then
// nothing could be told.
void Rebind::start() {
  started_at_ = worker_.now();
  // Its client hears nothing meanwhile: half of what it waits for a ping is left for it to go on
  // where it is.
  deadline_ = started_at_ + std::min(request_.timeout, request_.told / 2);
  connect_until_ = std::min(deadline_, worker_.now() + worker_.config().proxy.timeouts.connect);
  connect();
}

void Rebind::connect() {
  worker_.wheel().arm(*this, connect_until_);
  upstream_ = std::make_unique<Upstream>(worker_, worker_.upstreams(), upstream_backend_);
  refusal_ = upstream_->connect(*this);
  // Told by the timer, since the owner is still at what starts this.
  if (refusal_ != 0) worker_.wheel().arm(*this, worker_.now());
}

void Rebind::abandon() noexcept {
  over_ = true;
  disarm();
  reservation_.release();
  if (upstream_ != nullptr) upstream_->abandon();
}

bool Rebind::is_unanswered() const noexcept {
  return connected_ && !request_.websocket && upstream_ != nullptr && sid_.empty();
}

void Rebind::go_on_for(Owner& owner, TimePoint until) noexcept {
  reservation_.release();
  owner_ = &owner;
  went_on_ = true;
  over_ = false;
  worker_.wheel().arm(*this, until);
}

void Rebind::on_upstream_ready() noexcept {
  worker_.count_connect(ConnectResult::ok);
  upstream_backend_.health().connected();
  connected_ = true;
  worker_.wheel().arm(*this, deadline_);
  upstream_->stream().start_reading();
  if (upstream_->stream().write({request_.head}) != 0) finish(RebindResult::failed);
}

void Rebind::on_upstream_refused(int status) noexcept {
  // The backlog of a unix socket is full: the server lives and will accept in a moment.
  if (status == UV_EAGAIN && worker_.now() < connect_until_) {
    upstream_->abandon();
    worker_.retire(std::move(upstream_));
    return worker_.wheel().arm(*this, worker_.now());
  }
  const bool refused = BackendNews::says_nobody_listens(status);
  worker_.count_connect(refused ? ConnectResult::refused : ConnectResult::error);
  worker_.shared().news.missed(upstream_backend_, status, worker_.now());
  finish(RebindResult::refused);
}

std::size_t Rebind::upstream_read_room() noexcept { return engineio::kMaxOpenPacket; }

void Rebind::on_upstream_read(std::string_view bytes) noexcept {
  while (!over_ && !bytes.empty()) {
    if (body_) return take_body(bytes);
    if (messages_) return take_frames(bytes);
    if (!take_head(bytes)) return;
  }
}

// @returns whether there is more to be read of this
bool Rebind::take_head(std::string_view& bytes) {
  http::ResponseHead& head = worker_.scratch_response();
  const auto result = http::read_response_head(partial_, bytes, worker_.head_limits(), "GET", head);
  bytes.remove_prefix(result.consumed);
  if (result.status == http::HeadResult::Status::need_more) return false;
  if (result.status == http::HeadResult::Status::failed) {
    finish(RebindResult::failed);
    return false;
  }
  if (head.status < 200 && head.status != 101) return true;
  worker_.take_report(upstream_backend_, head.fields);
  if (head.status != (request_.websocket ? 101 : 200)) {
    worker_.shared().news.handshake_answered(upstream_backend_, head.status, worker_.now());
    finish(RebindResult::refused);
    return false;
  }
  keep_ = head.keep_alive && head.framing.kind != http::Framing::Kind::until_close;
  if (!request_.websocket) {
    body_.emplace(head.framing);
    return true;
  }
  const auto terms = agreed_terms(head.fields);
  if (!head.fields.lists("upgrade", "websocket") || !terms ||
      !websocket::can_stand_in(request_.terms, *terms)) {
    finish(RebindResult::unlike);
    return false;
  }
  messages_.emplace(engineio::kMaxOpenPacket);
  return true;
}

void Rebind::take_body(std::string_view bytes) {
  while (!body_->done() && !bytes.empty()) {
    const auto step = body_->next(bytes);
    if (step.malformed) return finish(RebindResult::failed);
    bytes.remove_prefix(step.consumed);
    if (!step.data.empty()) (void)open_.feed(step.data);
  }
  if (!body_->done()) return;
  keep_ = keep_ && bytes.empty();
  finish_body();
}

void Rebind::finish_body() {
  if (open_.finish() != engineio::OpenPacketReader::Status::found) {
    return finish(RebindResult::failed);
  }
  opened(open_.packet());
}

void Rebind::take_frames(std::string_view bytes) {
  const auto status = messages_->feed(bytes);
  if (status == websocket::MessageReader::Status::need_more) return;
  if (status == websocket::MessageReader::Status::failed) return finish(RebindResult::failed);
  (void)open_.feed(messages_->text());
  rest_ = bytes;
  finish_body();
}

// A client counts on a ping within the sum of both times that it was told, since it was told them
// or since the last ping, and sends payloads up to what it was told.
void Rebind::opened(const engineio::OpenPacket& packet) {
  sid_ = packet.sid;
  worker_.shared().news.handshake_opened(upstream_backend_, worker_.now());
  const Duration waited = worker_.now() - request_.told_at;
  asked_too_late_ = started_at_ - request_.told_at + packet.ping_interval >= request_.told;
  const bool in_time = packet.ping_interval + packet.ping_timeout <= request_.told &&
                       waited + packet.ping_interval < request_.told;
  const bool has_room = packet.max_payload == 0 || packet.max_payload >= request_.max_payload;
  finish(in_time && has_room ? RebindResult::moved : RebindResult::unlike);
}

void Rebind::on_upstream_end(int /*status*/) noexcept {
  if (body_ && body_->finish_at_close()) return finish_body();
  upstream_backend_.health().suspect();
  finish(RebindResult::failed);
}

void Rebind::on_upstream_write_error(int /*status*/) noexcept { finish(RebindResult::failed); }

void Rebind::on_timer(TimePoint /*now*/) noexcept {
  if (upstream_ == nullptr) return connect();
  if (refusal_ != 0) return on_upstream_refused(std::exchange(refusal_, 0));
  if (!connected_) {
    worker_.count_connect(ConnectResult::timeout);
    if (connect_until_ < deadline_) {
      worker_.shared().news.missed(upstream_backend_, UV_ETIMEDOUT, worker_.now());
    }
    return finish(RebindResult::refused);
  }
  // Later it says nothing of the backend as it is by then.
  if (!went_on_) worker_.shared().news.unanswered(upstream_backend_, worker_.now());
  tell(RebindResult::failed);
}

void Rebind::finish(RebindResult result) {
  if (over_) return;
  if (result == RebindResult::moved && request_.websocket) {
    upstream_->stream().stop_reading();
  } else if (result == RebindResult::moved && keep_) {
    worker_.upstreams().give_back(std::move(upstream_));
  } else {
    upstream_->abandon();
    worker_.retire(std::move(upstream_));
  }
  tell(result);
}

void Rebind::tell(RebindResult result) {
  over_ = true;
  disarm();
  // Whoever sees the session go on where it was finds the place free.
  if (result != RebindResult::moved) reservation_.release();
  owner_->on_rebound(result);
}

}  // namespace pinion::proxy
