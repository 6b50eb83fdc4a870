// The CONNECT of a polling session: read before it goes on, since the id in it may belong to
// another backend than the one that the handshake chose. What else the client asks for waits
// meanwhile.
#include "engineio/session_target.h"
#include "http/head_text.h"
#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/farewell.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::CloseReason;
using metrics::RebindResult;
using session::Joining;

namespace {

// Some clients upgrade before they send their CONNECT. One that does nothing else meanwhile waits
// only this part of the time.
constexpr int kPartForUpgrade = 10;

// Another request of the same session is under way.
bool has_company(const session::PinTable::Found& found) noexcept { return found.requests > 1; }

}  // namespace

// @returns whether it waits
bool Exchange::wait_to_join() {
  if (!session::is_waited_for(session_->found().joining)) return false;
  const auto worker = static_cast<std::uint16_t>(worker_.index());
  if (!worker_.shared().ledger.wait_to_join(session_->key(), session_->found().serial, worker)) {
    if (session_->look_again()) return false;
    reply_unknown_session();
    return true;
  }
  phase_ = Phase::joining;
  worker_.joining().wait(session_->found().serial, *this);
  const Duration wait = affinity().connect_wait;
  join_until_ = worker_.now() + wait;
  arm(facts_.intent.kind == Intent::Kind::upgrade ? wait / kPartForUpgrade : wait);
  return true;
}

void Exchange::stop_waiting_to_join() noexcept {
  worker_.joining().leave(session_->found().serial, *this);
  disarm();
}

void Exchange::on_joined() noexcept {
  disarm();
  phase_ = Phase::waiting;
  // Who has read the CONNECT may be ahead of who reads that this client has given up. A poll that
  // went on all the same would take a packet along.
  if (downstream_.stream().peer_has_left()) return downstream_.abort(CloseReason::client_closed);
  if (!session_->look_again()) return reply_unknown_session();
  reach_session();
  go_on();
}

void Exchange::join_expired() {
  if (worker_.now() < join_until_) {
    const auto found = worker_.shared().ledger.find(session_->key());
    if (found && has_company(*found)) return worker_.wheel().arm(*this, join_until_);
  }
  const std::uint64_t serial = session_->found().serial;
  worker_.tell_joined(worker_.shared().ledger.let_pass(session_->key(), serial), serial);
  // A move has an end of its own.
  if (session_->look_again() && session_->found().joining == Joining::moving) {
    return arm(affinity().connect_wait);
  }
  stop_waiting_to_join();
  on_joined();
}

// The body is there, and the hold on the session.
void Exchange::take_connect() {
  const bool speaks = read_stated_id();
  if (session_->found().joining == Joining::moving || !speaks) {
    // Whoever else brings the CONNECT tells of it.
    joined_ = true;
    const bool waits = speaks ? wait_to_join() : hold_back();
    if (!waits) reach_session();
    return;
  }
  balance::Backend* const right = right_backend();
  if (right == nullptr) return joined(true);
  auto& counters = worker_.counters().pools[*facts_.pool];
  auto reservation = reserve_return(*right, worker_.backends(*facts_.pool));
  if (!reservation) {
    counters.rebind(RebindResult::refused);
    return joined(true);
  }
  if (!worker_.shared().ledger.begin_move(session_->key(), session_->found().serial)) {
    counters.rebind(RebindResult::late);
    return joined(true);
  }
  move_session(std::move(reservation));
}

// @returns whether the body says anything of the session at all
bool Exchange::read_stated_id() {
  bool speaks = false;
  std::string_view payload = gathered_;
  while (!payload.empty() && stated_id_.empty()) {
    const std::string_view packet = engineio::take_packet(payload);
    if (engineio::is_silent(packet)) continue;
    speaks = true;
    const auto connect = engineio::read_connect(packet);
    if (!connect) break;
    stated_id_ = id_in_connect(*connect, affinity()).value_or("");
  }
  return speaks;
}

// Where the id belongs, if that is known and not where the session is already.
balance::Backend* Exchange::right_backend() {
  if (stated_id_.empty()) return nullptr;
  const auto found =
      worker_.shared().ledger.affinity().find({*facts_.pool, stated_id_}, worker_.now());
  if (!found || !found->lived || found->backend == session_->found().backend) return nullptr;
  return &worker_.shared().registry.by_id(found->backend);
}

void Exchange::move_session(balance::Reservation reservation) {
  phase_ = Phase::moving;
  disarm();
  std::string head = head_bytes_;
  http::set_method(head, "GET");
  http::set_target(head, engineio::opening_target(http::target_of(head_bytes_), "polling"));
  for (const std::string_view name : {"content-type", "content-length", "accept-encoding"}) {
    http::drop_field(head, name);
  }
  rebind_ =
      std::make_unique<Rebind>(worker_, static_cast<Rebind::Owner&>(*this), std::move(reservation),
                               Rebind::Request{.head = std::move(head),
                                               .websocket = false,
                                               .terms = {},
                                               .told = session_->found().time_to_live,
                                               .max_payload = session_->found().max_payload,
                                               .timeout = affinity().move_wait});
  rebind_->start();
}

void Exchange::on_rebound(RebindResult result) noexcept {
  const bool taken = result == RebindResult::moved && take_over();
  const bool gone = result == RebindResult::moved && !taken;
  worker_.counters().pools[*facts_.pool].rebind(gone ? RebindResult::late : result);
  if (!taken && !rebind_->sid().empty()) {
    const auto target = engineio::with_sid(http::target_of(head_bytes_), rebind_->sid());
    worker_.add(std::make_unique<Farewell>(worker_, rebind_->backend(), target, head_bytes_));
  }
  worker_.retire(std::move(rebind_));
  phase_ = Phase::waiting;
  joined(true);
  go_on();
}

// @returns false when the session has gone meanwhile
bool Exchange::take_over() {
  balance::Backend& left = worker_.shared().registry.by_id(session_->found().backend);
  if (!worker_.shared().ledger.move(session_->key(), session_->found().serial,
                                    rebind_->reservation(), rebind_->sid())) {
    return false;
  }
  worker_.add(std::make_unique<Farewell>(worker_, left, http::target_of(head_bytes_), head_bytes_));
  return true;
}

// Nobody waits for the CONNECT any longer. @param bind and the session belongs to its id, and the
// request goes on
void Exchange::joined(bool bind) {
  joined_ = true;
  if (!session_) return;
  SessionLedger& ledger = worker_.shared().ledger;
  const std::uint64_t serial = session_->found().serial;
  if (bind) {
    if (!session_->look_again()) return reply_unknown_session();
    if (!stated_id_.empty()) {
      ledger.bind(session_->key(), serial, stated_id_, session_->found().backend, affinity().keep,
                  worker_.now());
    }
  }
  worker_.tell_joined(ledger.joined({*facts_.pool, session_->sid()}, serial), serial);
  if (bind) reach_session();
}

bool Exchange::has_joined() {
  const auto found = worker_.shared().ledger.find({*facts_.pool, session_->sid()});
  return !found || found->joining == Joining::done;
}

void Exchange::drop_rebind() {
  if (rebind_ == nullptr) return;
  rebind_->abandon();
  worker_.retire(std::move(rebind_));
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
