// How tunnels end: by their peers, by time, and by pinion's own close frames.
#include <algorithm>

#include "proxy/called_off.h"
#include "proxy/progress.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::CloseReason;
using websocket::CloseCode;

namespace {

// How long peers may take over the end: to finish a message and answer a close frame, or to
// send their FIN.
constexpr Duration kClosingTime = std::chrono::seconds{2};
constexpr Duration kHalfClosedTime = std::chrono::seconds{30};

// Of a session that is only to go elsewhere.
constexpr bool leaves_time(CloseReason reason) noexcept {
  return reason == CloseReason::moved || reason == CloseReason::shutdown;
}

}  // namespace

// Who says goodbye first ends it, whatever becomes of the connections after that.
void Tunnel::note_end(bool by_client, bool reset) noexcept {
  if (close_reason_ != CloseReason::completed) return;
  if (in_.began_close()) {
    close_reason_ = CloseReason::client_closed;
  } else if (out_.began_close()) {
    close_reason_ = CloseReason::backend_closed;
  } else if (by_client) {
    close_reason_ = reset ? CloseReason::client_reset : CloseReason::client_closed;
  } else {
    close_reason_ = reset ? CloseReason::backend_reset : CloseReason::backend_closed;
  }
}

void Tunnel::on_source_ended(Relay& relay, int status) {
  if (state_ == State::closed) return;
  const bool from_client = &relay == &in_;
  // Nothing comes behind a close frame (RFC 6455, 5.5.1): a reset there takes nothing away, and
  // must not take from the client what waits for it.
  if (!from_client && out_.saw_close_frame() && out_.at_boundary()) status = 0;
  note_end(from_client, status != 0);
  // One that takes its leave with a close frame is well.
  const bool untold = close_reason_ == CloseReason::backend_closed && !out_.saw_close_frame();
  if (untold || close_reason_ == CloseReason::backend_reset) backend_->health().suspect();
  if (from_client) call_off_upgrade();
  if (status != 0) {
    if (!from_client || !upgrade_pending_) relay.sink().reset();
    return finish();
  }
  if (!from_client && opening_) release_held();
  if (state_ == State::closed) return;
  // Whoever sees the end finds the session's place free, so finish() comes before it.
  if (finish_if_done()) return;
  if (relay.sink()) relay.sink().end();
  (void)peers_progress();
  extend_end();
}

// Of a client that is gone, before its probe has come.
void Tunnel::call_off_upgrade() {
  if (!upgrade_pending_ || in_.messages() > 0 || !in_.at_boundary() || !in_.sink()) return;
  (void)in_.sink().write({calls_upgrade_off(static_cast<std::uint32_t>(worker_.random()()))});
}

// A peer that is still taking or sending what belongs to the other is waited for; silence is not.
void Tunnel::extend_end() {
  const TimePoint now = worker_.now();
  if (state_ == State::closing) {
    const bool sent = close_frame_to_client_ && close_frame_to_backend_ && out_.sink_queue() == 0 &&
                      in_.sink_queue() == 0;
    if (sent && goodbye_until_ == TimePoint{}) goodbye_until_ = now + kClosingTime;
    const TimePoint until = sent ? goodbye_until_ : now + patience();
    worker_.wheel().arm(*this, std::min(until, closing_until_));
  } else if (in_.ended() || out_.ended()) {
    worker_.wheel().arm(*this, now + kHalfClosedTime);
  }
}

// No message is to be lost that can still come to its end.
bool Tunnel::finishes_message() const noexcept {
  if (state_ != State::closing || !leaves_time(close_reason_)) return false;
  return (!close_frame_to_client_ && out_.mid_message()) ||
         (!close_frame_to_backend_ && in_.mid_message());
}

Duration Tunnel::patience() const noexcept {
  if (!finishes_message()) return kClosingTime;
  return std::max(worker_.config().proxy.shutdown_grace, kClosingTime);
}

// Who has been given time to finish its message has had it.
void Tunnel::hurry(CloseCode code, CloseReason reason) {
  close_code_ = code;
  close_reason_ = reason;
  closing_until_ = std::min(closing_until_, worker_.now() + kClosingTime);
  put_close_frames();
}

// Who has sent and received a close frame sends nothing more (RFC 6455, 5.5.1), so that once one
// side has ended the other one needs not be waited for. (Bytes that were not read would make the
// end a reset, which could take the close frame away.)
bool Tunnel::nothing_to_come() noexcept {
  if (in_.ended() && out_.ended()) return true;
  return in_.saw_close_frame() && out_.saw_close_frame() && (in_.ended() || out_.ended()) &&
         in_.source().drained() && (!out_.source() || out_.source().drained());
}

bool Tunnel::finish_if_done() {
  if (!nothing_to_come() || in_.sink_queue() > 0 || out_.sink_queue() > 0) return false;
  finish();
  return true;
}

void Tunnel::on_sink_failed(Relay& relay) {
  if (state_ == State::closed) return;
  const bool to_client = &relay == &out_;
  // Its end is about to be told, and is none of the client's doing; what waited for it waits no
  // more.
  if (!to_client && !out_.ended() && out_.saw_close_frame() && out_.at_boundary()) {
    return in_.sink_drained();
  }
  if (!to_client && out_.ended()) {
    // All that it had to say has come, and is the client's, whatever becomes of what that says now.
    out_.source().close();
    in_.sink_drained();
    (void)peers_progress();
    if (!finish_if_done()) extend_end();
    return;
  }
  note_end(to_client, true);
  if (to_client) call_off_upgrade();
  if (!to_client || !upgrade_pending_) relay.source().reset();
  finish();
}

void Tunnel::close_gracefully(CloseCode code, CloseReason reason) {
  if (finishes_message() && !leaves_time(reason)) return hurry(code, reason);
  if (state_ != State::open) return;
  state_ = State::closing;
  close_code_ = code;
  close_reason_ = reason;
  // Nothing of the held bytes was sent, so the client's side is at a boundary without them.
  if (opening_) end_opening();
  // The rest of a frame that was held would be taken for the next one.
  if (join_ != nullptr && join_->watch.held() > 0) (void)in_.cut_at_boundary();
  drop_join();
  worker_.mark_dirty(*this);
  // A frame that is under way is to be finished.
  gate_.reset();
  in_.release(Relay::Hold::rate);
  (void)peers_progress();
  closing_until_ = worker_.now() + std::max(worker_.config().proxy.shutdown_grace, kClosingTime);
  put_close_frames();
}

// While a message is finished, the other direction goes on as long as nothing is under way there
// either.
bool Tunnel::cuts(Relay& relay, const Relay& opposite) const noexcept {
  if (finishes_message() && opposite.mid_message() && !relay.mid_message()) return false;
  return relay.cut_at_boundary();
}

void Tunnel::put_close_frames() {
  if (!close_frame_to_client_ && cuts(out_, in_)) {
    close_frame_to_client_ = true;
    // Behind a FIN nothing goes; the failure would take away what the other side is about to hear.
    if (!in_.source().ended()) {
      out_.write(websocket::close_frame_to_client(close_code_, metrics::to_string(close_reason_)));
      if (state_ == State::closed) return;
      in_.source().end();
    }
  }
  if (!close_frame_to_backend_ && cuts(in_, out_)) {
    close_frame_to_backend_ = true;
    if (out_.source() && !out_.source().ended()) {
      call_off_upgrade();
      const auto mask_key = static_cast<std::uint32_t>(worker_.random()());
      in_.write(websocket::close_frame_to_server(close_code_, metrics::to_string(close_reason_),
                                                 mask_key));
      if (state_ == State::closed) return;
      if (out_.source()) out_.source().end();
    }
  }
  extend_end();
}

// @returns whether a peer has taken some since it was last asked, be it of what its kernel had
bool Tunnel::peers_progress() noexcept {
  const std::uint64_t took = progress_of(out_.sink()) + progress_of(in_.sink());
  return std::exchange(peers_took_, took) != took;
}

// What waits for a peer goes on to it, however long it is since there was room for more. The first
// look has nothing to compare with, and gives it the time once more.
bool Tunnel::peers_take() noexcept {
  return out_.sink_queue() + in_.sink_queue() > 0 && peers_progress();
}

// A slow line may need longer than the time that is given in one go. Who is closed for what it
// keeps waiting has had its time.
bool Tunnel::end_is_on_its_way(TimePoint now) noexcept {
  const bool closing = state_ == State::closing;
  if (close_reason_ == CloseReason::over_budget || (closing && now >= closing_until_)) return false;
  if (!peers_progress()) return false;
  const TimePoint until =
      closing ? std::min(now + patience(), closing_until_) : now + kHalfClosedTime;
  if (goodbye_until_ != TimePoint{}) goodbye_until_ = until;
  worker_.wheel().arm(*this, until);
  return true;
}

void Tunnel::on_timer(TimePoint now) noexcept {
  if (state_ == State::closing || in_.ended() || out_.ended()) {
    if (end_is_on_its_way(now)) return;
    if (close_reason_ == CloseReason::completed) close_reason_ = CloseReason::client_timeout;
    // With a RST the client loses what its kernel has and it has not read; without one it could
    // take a part for the whole.
    if (out_.sink_queue() > 0) in_.source().reset();
    return finish();
  }
  if (opening_) return release_held();
  // Since it was armed a reload may have taken the limit away.
  if (idle_limit() == Duration::zero()) return;
  if (peers_take()) return worker_.wheel().arm(*this, now + idle_limit());
  const TimePoint due = last_bytes_ + idle_limit();
  if (now < due) return worker_.wheel().arm(*this, due);
  close_gracefully(CloseCode::going_away, CloseReason::expired);
}

void Tunnel::abort(CloseReason reason) {
  if (state_ == State::closed) return;
  close_reason_ = reason;
  in_.source().reset();
  finish();
}

void Tunnel::finish() {
  state_ = State::closed;
  disarm();
  publish();
  gate_.reset();
  drop_join();
  end_session();
  in_.source().close();
  out_.source().close();
  in_.settle();
  out_.settle();
  if (facts_) log_access();
  inflight_.release();
  worker_.connection_closed();
  worker_.retire(*this);
}

void Tunnel::end_session() {
  if (opening_) opening_->watch->finish();
  opening_.reset();
  if (!session_) {
    worker_.count_close(close_reason_);
    return;
  }
  if (!owns_session_) return;
  auto& ledger = worker_.shared().ledger;
  const session::SessionKey key{pool(), session_->sid};
  const bool taken_away =
      close_reason_ == CloseReason::admin || close_reason_ == CloseReason::moved;
  if (upgrade_pending_ && !taken_away) {
    note_error("upgrade-failed");
    ledger.set_tunnel(key, session_->serial, false, 0, worker_.now());
  } else {
    ledger.close(key, session_->serial, close_reason_);
  }
}

void Tunnel::log_access() {
  write_access(worker_.shared().access_log, *facts_,
               {.status = 101,
                .bytes_in = in_.bytes(),
                .bytes_out = out_.bytes(),
                .pool = backend_->identity().pool_name,
                .backend = backend_->identity().name,
                .sid = session_ ? std::string_view{session_->sid} : std::string_view{},
                .transport = "websocket",
                .error = metrics::to_string(close_reason_),
                .side = metrics::side_of(close_reason_)},
               worker_.now());
}

}  // namespace pinion::proxy
