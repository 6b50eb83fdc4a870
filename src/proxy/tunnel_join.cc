// The CONNECT of a session on a WebSocket: read before it goes on, since the id in it may belong to
// another backend than the one that the handshake chose. Of later ones only the id is learnt.
#include "proxy/tunnel_join.h"

#include <algorithm>
#include <utility>

#include "engineio/session_target.h"
#include "http/head_text.h"
#include "proxy/affinity.h"
#include "proxy/tunnel.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::CloseReason;
using metrics::RebindResult;
using websocket::CloseCode;

std::unique_ptr<TunnelJoin> TunnelJoin::make(std::string head, const http::Fields& agreed,
                                             BufferBudget& budget) {
  const auto terms = agreed_terms(agreed);
  if (!terms) return nullptr;
  auto join = std::make_unique<TunnelJoin>(budget);
  join->terms = *terms;
  http::set_target(head, engineio::opening_target(http::target_of(head), "websocket"));
  http::drop_field(head, "sec-websocket-extensions");
  const std::string offer = websocket::offer_to_stand_in(*terms);
  if (!offer.empty()) http::add_field(head, "Sec-WebSocket-Extensions", offer);
  join->opening_head = std::move(head);
  join->account();
  return join;
}

const config::Affinity& Tunnel::affinity() const noexcept {
  return worker_.config().pools[pool()].affinity;
}

void Tunnel::read_connect(std::string_view bytes) {
  using Verdict = ConnectWatch::Verdict;
  const Verdict verdict = join_->watch.feed(bytes);
  join_->account();
  if (join_->rebind != nullptr) return;
  // There is nothing yet to be moved: it goes on from release_held().
  if (verdict == Verdict::connect && opening_) return in_.hold(Relay::Hold::join);
  const std::string passable = join_->watch.take_passable();
  join_->account();
  if (!passable.empty()) pass_from_client(passable);
  if (state_ != State::open || join_ == nullptr) return;
  join_->leaves_id = verdict == Verdict::closed;
  // Without a session there is nothing to be moved.
  if (verdict == Verdict::closed || (verdict != Verdict::need_more && !session_)) return joined();
  if (verdict == Verdict::unread) return stay(RebindResult::unread);
  if (verdict == Verdict::unjoined) {
    return has_joined_by_polling() ? joined() : stay(RebindResult::unjoined);
  }
  if (verdict == Verdict::connect) take_connect();
}

void Tunnel::stay(RebindResult why) {
  worker_.count_rebind(pool(), session_->sid, why);
  joined();
}

std::string Tunnel::id_in(const engineio::ConnectPacket& packet) const {
  return id_of_connect(worker_.shared().ledger.affinity(), pool(),
                       ids_in_connect(packet, affinity()), worker_.now());
}

void Tunnel::take_connect() {
  do {
    join_->id = id_in(join_->watch.packet());
  } while (join_->id.empty() && join_->watch.next_connect());
  join_->leaves_id = !join_->id.empty();
  if (!join_->leaves_id) return joined();
  if (has_joined_by_polling()) {
    learn_late(std::exchange(join_->id, {}));
    return joined();
  }
  const auto right = belongs_elsewhere(worker_.shared().ledger, {pool(), join_->id}, backend_->id(),
                                       worker_.now());
  if (!right) return joined();
  const auto hindrance = begin_move(worker_.shared().registry.by_id(right->backend));
  if (!hindrance) return;
  worker_.count_rebind(pool(), session_->sid, *hindrance);
  // A backend that is ending is nobody's home, and a client that cannot be moved by its own doing
  // takes no id away from a session that lives.
  const bool is_ending = out_.ended() || out_.saw_close_frame();
  const bool is_full = *hindrance == RebindResult::refused;
  if (is_ending || (right->in_use && !is_full)) join_->id.clear();
  joined();
}

// @returns why it cannot be moved
std::optional<RebindResult> Tunnel::begin_move(balance::Backend& right) {
  // The other backend would have to inflate what refers back to what it has not seen.
  if (join_->watch.has_history() && !join_->terms.client_no_context_takeover) {
    return RebindResult::unread;
  }
  // What has begun to come from here, or still waits for the client, is this backend's.
  const bool unsaid = out_.between_messages() && out_.sink_queue() == 0;
  if (!unsaid || out_.saw_close_frame() || out_.ended()) return RebindResult::late;
  const auto found = worker_.shared().ledger.find({pool(), session_->sid});
  if (!found || found->serial != session_->serial) return RebindResult::late;
  balance::Reservation reservation = reserve_return(right, worker_.backends(pool()));
  if (!reservation) return RebindResult::refused;
  in_.hold(Relay::Hold::join);
  out_.hold(Relay::Hold::join);
  join_->rebind =
      std::make_unique<Rebind>(worker_, static_cast<Rebind::Owner&>(*this), std::move(reservation),
                               Rebind::Request{.head = join_->opening_head,
                                               .websocket = true,
                                               .terms = join_->terms,
                                               .told = found->time_to_live,
                                               .told_at = std::max(found->opened, join_->pinged),
                                               .max_payload = found->max_payload,
                                               .timeout = affinity().move_wait});
  join_->rebind->start();
  return std::nullopt;
}

void Tunnel::on_rebound(RebindResult result) noexcept {
  std::string rest;
  // A client that has left meanwhile may be back on a WebSocket of its own, whose CONNECT is to
  // come last: that of this one goes nowhere, as it would begin anew what lives elsewhere; nor does
  // it take the id along.
  if (in_.source().peer_has_left()) {
    if (result != RebindResult::moved) worker_.count_rebind(pool(), session_->sid, result);
    worker_.retire(std::move(join_->rebind));
    return abort(CloseReason::client_closed);
  }
  if (result == RebindResult::moved) {
    if (take_over(*join_->rebind)) {
      rest = join_->rebind->rest();
    } else {
      result = RebindResult::late;
    }
  }
  worker_.count_rebind(pool(), session_->sid, result);
  if (join_->rebind->asked_too_late() && lives_elsewhere(join_->id)) join_->id.clear();
  worker_.retire(std::move(join_->rebind));
  worker_.mark_dirty(*this);
  joined();
  if (state_ == State::open && !rest.empty()) on_bytes(out_, rest);
}

bool Tunnel::lives_elsewhere(std::string_view id) const {
  const auto right =
      belongs_elsewhere(worker_.shared().ledger, {pool(), id}, backend_->id(), worker_.now());
  return right && right->in_use;
}

// @returns false when the session has gone meanwhile: then all stays as it is
bool Tunnel::take_over(Rebind& rebind) {
  // What has passed was the former backend's.
  publish();
  if (!worker_.shared().ledger.move({pool(), session_->sid}, session_->serial, rebind.reservation(),
                                    rebind.sid())) {
    return false;
  }
  const auto mask_key = static_cast<std::uint32_t>(worker_.random()());
  // If it has gone meanwhile that concerns nobody.
  (void)in_.sink().write(
      {websocket::close_frame_to_server(CloseCode::going_away, "moved", mask_key)});
  out_.replace_source(rebind.take_stream());
  backend_ = &rebind.backend();
  return true;
}

// The session belongs to its id, and all goes on as it comes.
void Tunnel::joined() {
  const std::string unread(join_->watch.unread());
  const std::string held = join_->watch.take_all();
  auto reader = join_->watch.take_reader();
  if (session_) bind_joined();
  drop_join();
  if (!held.empty()) pass_from_client(held);
  if (state_ != State::open || !session_) return;
  const auto found = worker_.shared().ledger.find({pool(), session_->sid});
  if (!found || found->has_id) return;
  later_ = std::make_unique<LaterConnects>(
      std::move(reader), worker_.now() + affinity().connect_wait, worker_.shared().budget);
  read_later_connects(unread);
}

void Tunnel::bind_joined() {
  auto& ledger = worker_.shared().ledger;
  const session::SessionKey key{pool(), session_->sid};
  if (!join_->id.empty()) {
    ledger.bind(key, session_->serial, join_->id, backend_->id(), affinity().keep, worker_.now());
  } else if (!join_->leaves_id) {
    ledger.bind_left(key, session_->serial, backend_->id(), worker_.now());
  }
}

void Tunnel::read_later_connects(std::string_view bytes) {
  std::string id;
  while (id.empty()) {
    const auto packet = later_->next(bytes, worker_.now());
    if (!packet) break;
    id = id_in(*packet);
  }
  if (!id.empty()) learn_late(id);
  if (!id.empty() || later_->over()) later_.reset();
}

// A backend that is ending is nobody's home.
void Tunnel::learn_late(std::string_view id) {
  if (state_ != State::open || out_.ended() || out_.saw_close_frame()) return;
  SessionLedger& ledger = worker_.shared().ledger;
  const session::SessionKey key{pool(), session_->sid};
  const auto found = ledger.find(key);
  if (!found || found->serial != session_->serial) return;
  if (bind_late(ledger, key, *found, id, affinity().keep, worker_.now())) {
    worker_.count_rebind(pool(), session_->sid, RebindResult::late);
  }
}

// Of a tunnel that was there before its client sent the CONNECT by a POST.
bool Tunnel::has_joined_by_polling() const {
  if (!join_->is_upgrade) return false;
  const auto found = worker_.shared().ledger.find({pool(), session_->sid});
  return found && found->joining == session::Joining::done;
}

void Tunnel::drop_join() {
  if (join_ == nullptr) return;
  if (join_->rebind != nullptr) {
    join_->rebind->abandon();
    worker_.retire(std::move(join_->rebind));
  }
  join_.reset();
  out_.release(Relay::Hold::join);
  in_.release(Relay::Hold::join);
  if (!session_) return;
  auto& ledger = worker_.shared().ledger;
  worker_.tell_joined(ledger.joined({pool(), session_->sid}, session_->serial), session_->serial);
}

}  // namespace pinion::proxy
