#include "balance/health.h"

#include <algorithm>

namespace pinion::balance {

namespace {

bool is_of_wrong_answer(Fault fault) noexcept {
  return fault == Fault::status || fault == Fault::bad_answer || fault == Fault::bad_upgrade ||
         fault == Fault::other_packet;
}

}  // namespace

std::string_view describe(Fault fault) noexcept {
  switch (fault) {
    case Fault::none:
      break;
    case Fault::connect:
      return "cannot be connected to";
    case Fault::connect_timeout:
      return "does not take connections in time";
    case Fault::timeout:
      return "does not answer probes in time";
    case Fault::closed:
      return "closes connections instead of answering probes";
    case Fault::status:
      return "answers probes with a status that is not expected";
    case Fault::bad_answer:
      return "answers probes with what is no HTTP";
    case Fault::bad_upgrade:
      return "opens WebSockets with a 101 that no browser would take";
    case Fault::no_open_packet:
      return "opens WebSockets, but sends no Engine.IO open packet in time";
    case Fault::other_packet:
      return "opens WebSockets, but not with an Engine.IO open packet";
    case Fault::bad_gateway:
      return "answers requests with 502";
  }
  return "";
}

void Health::set_rules(std::uint32_t rise, std::uint32_t fall) noexcept {
  const std::lock_guard lock(mutex_);
  rise_ = rise;
  fall_ = fall;
}

bool Health::connect_failed(TimePoint now) noexcept {
  const std::lock_guard lock(mutex_);
  return go_down(Fault::connect, now);
}

bool Health::failed(Fault fault, TimePoint now) noexcept {
  const std::lock_guard lock(mutex_);
  const bool by_request = fault == Fault::bad_gateway;
  if (is_of_wrong_answer(fault)) unfit_.store(true, std::memory_order_relaxed);
  const std::uint32_t in_a_row = by_request ? ++bad_gateways_ : ++faults_ + connect_timeouts_;
  (by_request ? bad_gateways_pending_ : faults_pending_).store(true, std::memory_order_relaxed);
  if (up() && in_a_row < fall_) {
    fault_.store(fault, std::memory_order_relaxed);
    return false;
  }
  return go_down(fault, now);
}

bool Health::connect_timed_out(TimePoint now) noexcept {
  const std::lock_guard lock(mutex_);
  misses_connects_.store(true, std::memory_order_relaxed);
  if (connect_timeouts_ > 0 && now - connect_timed_out_at_ < kMoment) return false;
  connect_timed_out_at_ = now;
  ++connect_timeouts_;
  if (up() && connect_timeouts_ + faults_ < fall_) {
    fault_.store(Fault::connect_timeout, std::memory_order_relaxed);
    return false;
  }
  return go_down(Fault::connect_timeout, now);
}

void Health::connected() noexcept {
  if (!misses_connects()) return;
  const std::lock_guard lock(mutex_);
  forget_connect_timeouts();
}

void Health::forget_connect_timeouts() noexcept {
  connect_timeouts_ = 0;
  misses_connects_.store(false, std::memory_order_relaxed);
}

bool Health::go_down(Fault fault, TimePoint now) noexcept {
  const bool was_up = up_.load(std::memory_order_relaxed);
  // Many sessions fail at once when a backend dies; that is one failure, not many.
  if (!was_up && now < retry_at_) {
    // But those that it answered meanwhile were not in a row.
    if (fault == Fault::connect || fault == Fault::connect_timeout) answers_ = 0;
    return false;
  }
  if (was_up) {
    const bool steady = !was_down_ || now - up_since_ >= kSteady;
    hold_ = steady ? Duration::zero() : std::clamp(hold_ * 2, kFirstHold, Duration{kLongestHold});
    held_until_ = now + hold_;
    was_down_ = true;
    retries_ = 0;
  }
  const Duration backoff = std::min(kFirstRetry * (1 << std::min(retries_, 10U)), kLongestRetry);
  ++retries_;
  retry_at_ = now + backoff;
  answers_ = 0;
  fault_.store(fault, std::memory_order_relaxed);
  up_.store(false, std::memory_order_relaxed);
  return was_up;
}

bool Health::answered(TimePoint now) noexcept {
  unfit_.store(false, std::memory_order_relaxed);
  return recovered(now);
}

bool Health::recovered(TimePoint now) noexcept {
  if (up() && !faults_pending_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  faults_ = 0;
  faults_pending_.store(false, std::memory_order_relaxed);
  if (up()) return false;
  // The next try need not wait as long as after a failure.
  retries_ = 0;
  retry_at_ = std::max(now + kFirstRetry, std::min(held_until_, now + kLongestRetry));
  answers_ = std::min(answers_ + 1, rise_);
  if (answers_ < rise_ || now < held_until_) return false;
  up_since_ = now;
  forget_bad_gateways();
  forget_connect_timeouts();
  // It may be another process.
  trust_handshakes();
  if (refused_.exchange(false, std::memory_order_relaxed)) {
    replaced_.fetch_add(1, std::memory_order_relaxed);
  }
  fault_.store(Fault::none, std::memory_order_relaxed);
  // Told before it is up, so that whoever sees it up sees that it came back.
  returns_.fetch_add(1, std::memory_order_relaxed);
  up_.store(true, std::memory_order_release);
  return true;
}

bool Health::request_answered(TimePoint now) noexcept {
  if (bad_gateways_pending_.load(std::memory_order_relaxed)) {
    const std::lock_guard lock(mutex_);
    forget_bad_gateways();
  }
  // Its own probes say so, or its kernel, and only they may take that back.
  if (unfit_.load(std::memory_order_relaxed) || refused_.load(std::memory_order_relaxed) ||
      (!up() && misses_connects())) {
    return false;
  }
  return recovered(now);
}

void Health::forget_bad_gateways() noexcept {
  bad_gateways_ = 0;
  bad_gateways_pending_.store(false, std::memory_order_relaxed);
}

bool Health::handshake_answered(bool failed, TimePoint now) noexcept {
  if (!failed && !handshake_faults_pending_.load(std::memory_order_relaxed)) return false;
  const std::lock_guard lock(mutex_);
  const bool failed_before = fails_handshakes();
  if (!failed) {
    trust_handshakes();
    return failed_before;
  }
  handshake_faults_pending_.store(true, std::memory_order_relaxed);
  if (++handshake_faults_ < fall_) return false;
  only_closed_.store(false, std::memory_order_relaxed);
  if (failed_before) return false;
  fail_handshakes(now);
  return true;
}

bool Health::handshake_closed(TimePoint now) noexcept {
  const std::lock_guard lock(mutex_);
  handshake_faults_pending_.store(true, std::memory_order_relaxed);
  if (fails_handshakes() || ++handshakes_closed_ < kClosedInARow) return false;
  only_closed_.store(true, std::memory_order_relaxed);
  fail_handshakes(now);
  return true;
}

void Health::fail_handshakes(TimePoint now) noexcept {
  try_again_ = kFirstHold;
  next_try_ns_.store((now + kFirstHold).time_since_epoch().count(), std::memory_order_relaxed);
  fails_handshakes_.store(true, std::memory_order_relaxed);
}

void Health::handshake_refused() noexcept {
  if (!handshake_faults_pending_.load(std::memory_order_relaxed)) return;
  const std::lock_guard lock(mutex_);
  if (!fails_handshakes()) trust_handshakes();
}

void Health::trust_handshakes() noexcept {
  handshake_faults_ = 0;
  handshakes_closed_ = 0;
  only_closed_.store(false, std::memory_order_relaxed);
  handshake_faults_pending_.store(false, std::memory_order_relaxed);
  if (!fails_handshakes()) return;
  trusted_again_.fetch_add(1, std::memory_order_release);
  fails_handshakes_.store(false, std::memory_order_release);
}

bool Health::take_try(TimePoint now) noexcept {
  if (!fails_handshakes()) return true;
  const std::lock_guard lock(mutex_);
  if (!may_try_handshake(now)) return false;
  try_again_ = std::min(try_again_ * 2, Duration{kLongestHold});
  next_try_ns_.store((now + try_again_).time_since_epoch().count(), std::memory_order_relaxed);
  return true;
}

TimePoint Health::retry_at() const noexcept {
  const std::lock_guard lock(mutex_);
  return retry_at_;
}

TimePoint Health::held_until() const noexcept {
  const std::lock_guard lock(mutex_);
  return held_until_;
}

}  // namespace pinion::balance
