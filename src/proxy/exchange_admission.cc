// A place for the session that a handshake opens: at once, after a wait, or not at all.
#include <algorithm>
#include <utility>

#include "proxy/downstream.h"
#include "proxy/exchange.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using balance::Rank;
using metrics::AdmissionResult;
using metrics::ShedReason;

void Exchange::choose_for_handshake() {
  if (worker_.shutting_down()) {
    worker_.count_shed(ShedReason::shutdown);
    return reply_shed("shutting-down", "This proxy is about to end; try again.");
  }
  if (worker_.shared().budget.exhausted()) {
    worker_.count_shed(ShedReason::buffers);
    return reply_shed("buffers-full", "Too much waits for slow readers here; try again.");
  }
  if (worker_.overloaded(Rung::refuse_handshakes)) {
    worker_.count_shed(ShedReason::overload_handshakes);
    return reply_shed("overloaded", "This proxy has too much to do; try again.");
  }
  if (go_home()) return;
  const balance::AdmissionQueue& queue = worker_.admission().queue(*facts_.pool);
  if (!queued_since_ && queue.anybody_waits() && queue.goes_behind(rank())) {
    return wait_for_room(Refusal::all_full);
  }
  auto assignment =
      worker_.assigner().assign_session(worker_.backends(*facts_.pool), tried_, worker_.now());
  if (assignment.reservation) return take_place(std::move(assignment.reservation));
  if (assignment.refusal == Refusal::no_backend) return refuse_session(Refusal::no_backend);
  wait_for_room(assignment.refusal);
}

void Exchange::take_place(balance::Reservation reservation) {
  reservation_ = std::move(reservation);
  worker_.explain_placing(*reservation_.backend());
  connect(*reservation_.backend());
}

// Asked for once: whoever has lost a session may open one for it in front of others.
Rank Exchange::rank() {
  if (!rank_) {
    credit_taken_ = worker_.shared().ledger.lost_clients().take(facts_.client);
    rank_ = credit_taken_ || home_known_ ? Rank::returning : Rank::fresh;
  }
  return *rank_;
}

void Exchange::return_credit() {
  if (std::exchange(credit_taken_, false)) {
    worker_.shared().ledger.lost_clients().lost(facts_.client);
  }
}

void Exchange::wait_for_room(Refusal refusal) {
  const config::Admission& admission = worker_.config().pools[*facts_.pool].admission;
  if (admission.queue == 0) return refuse_session(refusal);
  const bool again = queued_since_.has_value();
  if (!worker_.admission().join(*facts_.pool, *this, rank(), admission.queue, again)) {
    worker_.counters().pools[*facts_.pool].admission(AdmissionResult::refused);
    return refuse_for_queue();
  }
  phase_ = Phase::queued;
  if (!again) queued_since_ = worker_.now();
  worker_.wheel().arm(*this, *queued_since_ + admission.wait);
}

void Exchange::refuse_for_queue() {
  worker_.count_shed(ShedReason::queue_full);
  reply_shed("queue-full", "Too many wait for room already; try again.");
}

void Exchange::on_displaced() noexcept {
  worker_.counters().pools[*facts_.pool].admission(AdmissionResult::refused);
  phase_ = Phase::waiting;
  refuse_for_queue();
}

// One that waits for its home gets a place elsewhere only when that takes nobody any more.
balance::Reservation Exchange::place_for(TimePoint now, Refusal& refusal) {
  const balance::BackendSet& set = worker_.backends(*facts_.pool);
  const bool has_home = home_ != nullptr && home_->takes_sessions() && set.has(*home_) &&
                        std::ranges::find(tried_, home_) == tried_.end();
  if (has_home) {
    refusal = Refusal::paced;
    return reserve_paced(*home_, set.rate, now);
  }
  auto assignment = worker_.assigner().assign_session(set, tried_, now);
  refusal = assignment.refusal;
  return std::move(assignment.reservation);
}

// Also when nothing can be had any more: then it is refused.
bool Exchange::on_turn(TimePoint now) noexcept {
  if (worker_.shutting_down()) {
    leave_queue(AdmissionResult::refused);
    phase_ = Phase::waiting;
    choose_for_handshake();
    return true;
  }
  if (worker_.shared().budget.exhausted() || worker_.overloaded(Rung::refuse_handshakes)) {
    return false;
  }
  // A backend that has come up again is as good as any.
  std::erase_if(tried_, [](const balance::Backend* backend) { return backend->health().up(); });
  Refusal refusal = Refusal::none;
  auto reservation = place_for(now, refusal);
  if (refusal == Refusal::no_backend && tried_.empty()) {
    leave_queue(AdmissionResult::refused);
    phase_ = Phase::waiting;
    refuse_session(refusal);
    return true;
  }
  if (!reservation) return false;
  leave_queue(AdmissionResult::admitted);
  const Duration waited = now - *queued_since_;
  worker_.counters().pools[*facts_.pool].admission_wait.observe(
      metrics::kDurationBounds, to_seconds(waited), static_cast<std::uint64_t>(waited.count()));
  disarm();
  phase_ = Phase::waiting;
  take_place(std::move(reservation));
  go_on();
  return true;
}

void Exchange::leave_queue(AdmissionResult result) {
  worker_.admission().queue(*facts_.pool).leave(*this);
  worker_.counters().pools[*facts_.pool].admission(result);
}

void Exchange::wait_expired() {
  leave_queue(AdmissionResult::expired);
  phase_ = Phase::waiting;
  worker_.count_shed(ShedReason::queue_expired);
  reply_shed("full", "No backend of this pool had room for a new session in time; try again.");
}

void Exchange::refuse_session(Refusal refusal) {
  if (refusal == Refusal::no_backend) {
    worker_.count_shed(ShedReason::no_backend);
    return reply_shed("no-backend", "No backend of this pool takes sessions now; try again.");
  }
  if (refusal == Refusal::paced) {
    worker_.count_shed(ShedReason::rate);
    return reply_shed("too-many-at-once", "Too many sessions begin at this moment; try again.");
  }
  worker_.count_shed(ShedReason::sessions_full);
  reply_shed("full", "Every backend of this pool has all the sessions it may have.");
}

void Exchange::reply_shed(std::string_view code, std::string_view message) {
  // Spread over some seconds, so that those who were sent away do not come back together.
  reply({.status = 503,
         .code = code,
         .message = message,
         .retry_after = static_cast<std::uint32_t>(1 + worker_.random()() % 5),
         .keep_alive = true});
}

}  // namespace pinion::proxy
