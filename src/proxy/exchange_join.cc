// An exchange whose session's CONNECT is awaited, or that brings it.
#include "engineio/session_target.h"
#include "http/head_text.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/later_connects.h"
#include "proxy/tunnel_join.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::CloseReason;
using Next = PollingJoin::Next;

void Exchange::on_wait_to_join(TimePoint until) noexcept {
  phase_ = Phase::joining;
  worker_.wheel().arm(*this, until);
}

void Exchange::on_move() noexcept {
  phase_ = Phase::moving;
  disarm();
}

void Exchange::on_joined(Next next) noexcept {
  disarm();
  phase_ = Phase::waiting;
  // Who has read the CONNECT may be ahead of who reads that this client has given up. A poll that
  // went on all the same would take a packet along.
  if (downstream_.stream().peer_has_left()) return downstream_.abort(CloseReason::client_closed);
  proceed(next);
  go_on();
}

void Exchange::on_moved(Next next) noexcept {
  phase_ = Phase::waiting;
  proceed(next);
  go_on();
}

void Exchange::proceed(Next next) {
  if (next == Next::gone) return reply_unknown_session();
  const bool held_back = next == Next::unspoken && hold_back();
  if (next != Next::wait && !held_back) reach_session();
}

std::unique_ptr<TunnelJoin> Exchange::watch_connect(const http::ResponseHead& head) const {
  auto join = TunnelJoin::make(head_bytes_, head.fields, worker_.shared().budget);
  if (join != nullptr) {
    join->is_upgrade = session_.has_value();
  } else {
    worker_.count_rebind(*facts_.pool, facts_.intent.sid, metrics::RebindResult::unread);
  }
  return join;
}

std::unique_ptr<LaterConnects> Exchange::watch_later_connects(
    const http::ResponseHead& head) const {
  if (session_->found().has_id || !agreed_terms(head.fields)) return nullptr;
  return std::make_unique<LaterConnects>(websocket::MessageReader(engineio::kMaxConnectPacket),
                                         worker_.now() + affinity().connect_wait,
                                         worker_.shared().budget);
}

void Exchange::reach_session() { reach(session_->found()); }

void Exchange::reach(const session::PinTable::Found& found) {
  if (found.upstream_sid != nullptr) {
    const std::string target =
        engineio::with_sid(http::target_of(head_bytes_), *found.upstream_sid);
    http::set_target(head_bytes_, target);
  }
  connect(worker_.shared().registry.by_id(found.backend));
}

}  // namespace pinion::proxy
