#include "proxy/session_hold.h"

#include <algorithm>
#include <utility>

namespace pinion::proxy {

std::optional<SessionHold> SessionHold::take(SessionLedger& ledger, PoolId pool,
                                             std::string_view sid, TimePoint now) {
  auto found = ledger.begin_request({pool, sid}, now);
  if (!found) return std::nullopt;
  return SessionHold(ledger, pool, sid, now, std::move(*found));
}

SessionHold::SessionHold(SessionHold&& other) noexcept
    : ledger_(std::exchange(other.ledger_, nullptr)),
      pool_(other.pool_),
      sid_(other.sid_),
      seen_(other.seen_),
      found_(std::move(other.found_)),
      traffic_(other.traffic_),
      charged_(other.charged_),
      told_(other.told_) {}

bool SessionHold::look_again() {
  if (ledger_ == nullptr) return false;
  auto found = ledger_->find(key());
  if (!found || found->serial != found_.serial) return false;
  found_ = std::move(*found);
  return true;
}

void SessionHold::tell_waiting(session::Waiting waiting) noexcept {
  if (ledger_ == nullptr || (waiting == session::Waiting{} && told_ == session::Waiting{})) return;
  const std::uint64_t paused_ns = std::exchange(traffic_.paused_ns, 0);
  ledger_->tell_waiting(key(), found_.serial, told_, waiting,
                        Duration{static_cast<std::int64_t>(paused_ns)});
  told_ = waiting;
}

Duration SessionHold::begin_to_send(const EventRate& rate, std::uint64_t bytes,
                                    TimePoint now) noexcept {
  if (ledger_ == nullptr) return Duration::zero();
  charged_ = {.frames_in = 1, .bytes_in = bytes};
  return ledger_->charge(key(), found_.serial, rate, charged_, now);
}

void SessionHold::charge(const EventRate& rate, TimePoint now) noexcept {
  if (ledger_ == nullptr) return;
  const session::Traffic more{
      .frames_in = std::max(traffic_.frames_in, charged_.frames_in) - charged_.frames_in,
      .bytes_in = std::max(traffic_.bytes_in, charged_.bytes_in) - charged_.bytes_in};
  ledger_->charge(key(), found_.serial, rate, more, now);
}

void SessionHold::note_error(std::string_view word) noexcept {
  if (ledger_ != nullptr) ledger_->note_error(key(), found_.serial, word);
}

void SessionHold::note_ping(session::PingNote note, TimePoint now) noexcept {
  if (ledger_ != nullptr) ledger_->note_ping(key(), found_.serial, note, now);
}

void SessionHold::release(TimePoint now) noexcept {
  tell_waiting({});
  SessionLedger* const ledger = std::exchange(ledger_, nullptr);
  if (ledger == nullptr) return;
  ledger->end_request(key(), found_, traffic_, now);
}

void SessionHold::close_session(metrics::CloseReason reason) noexcept {
  SessionLedger* const ledger = ledger_;
  release(seen_);
  if (ledger != nullptr) ledger->close(key(), found_.serial, reason);
}

}  // namespace pinion::proxy
