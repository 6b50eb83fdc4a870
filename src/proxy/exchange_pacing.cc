// Holding back the POSTs of a client that sends more than [pool.event_rate]. What one brings is
// counted as far as it is known when it begins, the rest when it is whole, and made up for before
// the next.
#include <algorithm>

#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using metrics::Direction;
using session::Condition;

namespace {

// Pongs come by POST too, and may have to wait for one that is held: in two of these parts the
// server's patience for them, which is not known apart from its interval, is seldom over.
constexpr int kPartOfLife = 5;
constexpr std::uint32_t kPollAndPost = 2;

}  // namespace

const EventRate& Exchange::event_rate() const noexcept {
  return worker_.config().pools[*facts_.pool].event_rate;
}

void Exchange::charge_client() {
  if (event_rate().any()) session_->charge(event_rate(), worker_.now());
}

// @returns whether it has to wait
bool Exchange::hold_back() {
  if (!event_rate().any()) return false;
  const http::Framing framing = request_body_.framing();
  const std::uint64_t bytes =
      framing.kind == http::Framing::Kind::length ? framing.length : std::uint64_t{0};
  const Duration owed = session_->begin_to_send(event_rate(), bytes, worker_.now());
  const session::PinTable::Found& found = session_->found();
  // No client has two POSTs under way and means it.
  const bool alone = found.requests <= kPollAndPost;
  const Duration wait = alone ? std::min(owed, found.time_to_live / kPartOfLife) : owed;
  if (wait == Duration::zero()) return false;
  phase_ = Phase::held;
  arm(wait);
  session_->tell_waiting({.bytes = 0, .condition = Condition::limited});
  request_paused_.pause(worker_.now(), worker_.counters().direction(Direction::in));
  worker_.counters().pools[*facts_.pool].event_rate_pauses.add();
  return true;
}

void Exchange::held_long_enough() {
  phase_ = Phase::waiting;
  session_->tell_waiting({});
  const Duration held =
      request_paused_.resume(worker_.now(), worker_.counters().direction(Direction::in));
  session_->add_pause(held);
  reach_session();
  go_on();
}

}  // namespace pinion::proxy
