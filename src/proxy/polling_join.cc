#include "proxy/polling_join.h"

#include <algorithm>
#include <utility>

#include "engineio/session_target.h"
#include "http/head_text.h"
#include "proxy/affinity.h"
#include "proxy/farewell.h"
#include "proxy/request_facts.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using engineio::Intent;
using metrics::RebindResult;
using session::Joining;

namespace {

// Some clients upgrade before they send their CONNECT. One that does nothing else meanwhile waits
// only this part of the time.
constexpr int kPartForUpgrade = 10;

// Another request of the same session is under way.
bool has_company(const session::PinTable::Found& found) noexcept { return found.requests > 1; }

}  // namespace

const config::Affinity& PollingJoin::affinity() const noexcept {
  return worker_.config().pools[*facts_.pool].affinity;
}

void PollingJoin::count(RebindResult result) const {
  worker_.count_rebind(*facts_.pool, facts_.intent.sid, result);
}

// From protocol 4 on clients join in so many words, and know nothing of their sid but that they are
// to send it. What is written for JSONP is not read.
bool PollingJoin::may_be_elsewhere() const noexcept {
  const Intent& intent = facts_.intent;
  return intent.revision == 4 && !intent.jsonp && affinity().reads(config::IdSource::connect);
}

void PollingJoin::read_head(const http::RequestHead& head) {
  if (facts_.intent.kind != Intent::Kind::push || !may_be_elsewhere()) return;
  const auto found = worker_.shared().ledger.find({*facts_.pool, facts_.intent.sid});
  if (!found) return;
  if (found->joining == Joining::done) {
    may_bring_later_ = !found->has_id && !head.fields.has(http::FieldName::content_encoding);
    return;
  }
  reads_body_ = can_gather(head);
  passes_unread_ = !reads_body_;
}

// A chunked one is gathered in any case.
bool PollingJoin::can_gather(const http::RequestHead& head) const {
  if (head.fields.find("content-encoding")) return false;
  const std::size_t most =
      std::min(engineio::kMaxConnectPacket, worker_.config().proxy.limits.buffered_body);
  return head.framing.kind != http::Framing::Kind::length || head.framing.length <= most;
}

PollingJoin::Next PollingJoin::wait(SessionHold& session) {
  session_ = &session;
  if (!session::is_waited_for(session.found().joining)) return Next::go_on;
  const auto worker = static_cast<std::uint16_t>(worker_.index());
  if (!worker_.shared().ledger.wait_to_join(session.key(), session.found().serial, worker)) {
    return session.look_again() ? Next::go_on : Next::gone;
  }
  waits_ = true;
  worker_.joining().wait(session.found().serial, *this);
  const Duration wait = affinity().connect_wait;
  join_until_ = worker_.now() + wait;
  const bool upgrades = facts_.intent.kind == Intent::Kind::upgrade;
  owner_.on_wait_to_join(upgrades ? worker_.now() + wait / kPartForUpgrade : join_until_);
  return Next::wait;
}

void PollingJoin::on_joined() noexcept {
  waits_ = false;
  owner_.on_joined(session_->look_again() ? Next::go_on : Next::gone);
}

void PollingJoin::expire() {
  SessionLedger& ledger = worker_.shared().ledger;
  if (worker_.now() < join_until_) {
    const auto found = ledger.find(session_->key());
    if (found && has_company(*found)) return owner_.on_wait_to_join(join_until_);
  }
  const std::uint64_t serial = session_->found().serial;
  worker_.tell_joined(ledger.let_pass(session_->key(), serial), serial);
  // A move has an end of its own.
  if (session_->look_again() && session_->found().joining == Joining::moving) {
    return owner_.on_wait_to_join(worker_.now() + affinity().connect_wait);
  }
  worker_.joining().leave(serial, *this);
  on_joined();
}

PollingJoin::Next PollingJoin::take_connect(SessionHold& session, std::string_view body) {
  session_ = &session;
  if (passes_unread_) {
    count(RebindResult::unread);
    return is_being_moved() ? wait_for_move() : stay();
  }
  const Said said = read_stated_id(body);
  if (said == Said::nothing) {
    told_ = true;  // whoever else brings the CONNECT tells of it
    return Next::unspoken;
  }
  if (said == Said::unjoined && session::is_yet_to_join(session.found().joining)) {
    count(RebindResult::unjoined);
  }
  if (session.found().joining == Joining::moving) return wait_for_move();
  const auto right = belongs_elsewhere(worker_.shared().ledger, {*facts_.pool, stated_id_},
                                       session.found().backend, worker_.now());
  if (!right) return stay();
  auto reservation = reserve_return(worker_.shared().registry.by_id(right->backend),
                                    worker_.backends(*facts_.pool));
  if (!reservation) {
    count(RebindResult::refused);
    return stay();
  }
  if (!worker_.shared().ledger.begin_move(session.key(), session.found().serial)) {
    if (is_being_moved()) return wait_for_move();
    count(RebindResult::late);
    // Who has let the time pass takes no id away from a session that lives.
    if (right->in_use) stated_id_.clear();
    return stay();
  }
  move_to(std::move(reservation));
  return Next::wait;
}

// By another request, maybe on another worker, since this one was begun.
bool PollingJoin::is_being_moved() const {
  const auto found = worker_.shared().ledger.find(session_->key());
  return found && found->serial == session_->found().serial && found->joining == Joining::moving;
}

// Who moves it tells all that wait.
PollingJoin::Next PollingJoin::wait_for_move() {
  told_ = true;
  return session_->look_again() ? wait(*session_) : Next::gone;
}

PollingJoin::Said PollingJoin::read_stated_id(std::string_view body) {
  Said said = Said::nothing;
  while (!body.empty() && stated_id_.empty()) {
    const std::string_view packet = engineio::take_packet(body);
    if (engineio::is_silent(packet)) continue;
    const auto connect = engineio::read_connect(packet);
    if (!connect) return said == Said::nothing ? Said::unjoined : said;
    said = Said::connect;
    stated_id_ = id_of_connect(worker_.shared().ledger.affinity(), *facts_.pool,
                               ids_in_connect(*connect, affinity()), worker_.now());
    stated_ = !stated_id_.empty();
  }
  return said;
}

void PollingJoin::take_later(SessionHold& session, std::string_view connects) {
  if (!may_bring_later_ || connects.empty() || !session.look_again()) return;
  read_stated_id(connects);
  if (stated_id_.empty()) return;
  if (bind_late(worker_.shared().ledger, session.key(), session.found(), stated_id_,
                affinity().keep, worker_.now())) {
    count(RebindResult::late);
  }
}

void PollingJoin::move_to(balance::Reservation reservation) {
  owner_.on_move();
  std::string head = head_;
  http::set_method(head, "GET");
  http::set_target(head, engineio::opening_target(http::target_of(head_), "polling"));
  for (const std::string_view name : {"content-type", "content-length", "accept-encoding"}) {
    http::drop_field(head, name);
  }
  rebind_ =
      std::make_unique<Rebind>(worker_, static_cast<Rebind::Owner&>(*this), std::move(reservation),
                               Rebind::Request{.head = std::move(head),
                                               .websocket = false,
                                               .terms = {},
                                               .told = session_->found().time_to_live,
                                               .told_at = session_->found().opened,
                                               .max_payload = session_->found().max_payload,
                                               .timeout = affinity().move_wait});
  rebind_->start();
}

void PollingJoin::on_rebound(RebindResult result) noexcept {
  const bool taken = result == RebindResult::moved && take_over();
  const bool gone = result == RebindResult::moved && !taken;
  count(gone ? RebindResult::late : result);
  const bool too_late = rebind_->asked_too_late();
  if (!taken) leave_opened();
  // Who took its time takes no id away from a session that lives.
  if (too_late && lives_elsewhere()) stated_id_.clear();
  worker_.retire(std::move(rebind_));
  owner_.on_moved(stay());
}

bool PollingJoin::lives_elsewhere() const {
  const auto right = belongs_elsewhere(worker_.shared().ledger, {*facts_.pool, stated_id_},
                                       session_->found().backend, worker_.now());
  return right && right->in_use;
}

// The session that nobody will ask for is not left to its ping timeout.
void PollingJoin::leave_opened() {
  if (rebind_->is_unanswered()) {
    worker_.add(std::make_unique<Farewell>(worker_, std::move(rebind_), head_));
  } else if (!rebind_->sid().empty()) {
    const auto target = engineio::with_sid(http::target_of(head_), rebind_->sid());
    worker_.add(std::make_unique<Farewell>(worker_, rebind_->backend(), target, head_));
  }
}

// @returns false when the session has gone meanwhile
bool PollingJoin::take_over() {
  balance::Backend& left = worker_.shared().registry.by_id(session_->found().backend);
  if (!worker_.shared().ledger.move(session_->key(), session_->found().serial,
                                    rebind_->reservation(), rebind_->sid())) {
    return false;
  }
  worker_.add(std::make_unique<Farewell>(worker_, left, http::target_of(head_), head_));
  return true;
}

// Where it is now, the session belongs to its id. Of several POSTs that were under way at once the
// first counts, so that one session cannot fill the table.
PollingJoin::Next PollingJoin::stay() {
  told_ = true;
  if (!session_->look_again()) return Next::gone;
  const session::PinTable::Found& found = session_->found();
  const bool had_its_say = found.joining == Joining::done && found.has_id;
  if (!stated_id_.empty() && !had_its_say) {
    worker_.shared().ledger.bind(session_->key(), found.serial, stated_id_, found.backend,
                                 affinity().keep, worker_.now());
  } else if (!stated_) {
    worker_.shared().ledger.bind_left(session_->key(), found.serial, found.backend, worker_.now());
  }
  tell();
  return Next::go_on;
}

void PollingJoin::tell() {
  told_ = true;
  const std::uint64_t serial = session_->found().serial;
  worker_.tell_joined(worker_.shared().ledger.joined(session_->key(), serial), serial);
}

void PollingJoin::give_up() {
  if (std::exchange(waits_, false)) worker_.joining().leave(session_->found().serial, *this);
  if (reads_body_ && !told_ && session_ != nullptr) tell();
  if (rebind_ == nullptr) return;
  leave_opened();
  if (rebind_ == nullptr) return;
  rebind_->abandon();
  worker_.retire(std::move(rebind_));
}

bool PollingJoin::is_over_for(session::SessionKey key) const {
  const auto found = worker_.shared().ledger.find(key);
  return !found || found->joining == Joining::done;
}

}  // namespace pinion::proxy
