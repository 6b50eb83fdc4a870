#include "proxy/session_placing.h"

#include <algorithm>
#include <utility>

#include "proxy/affinity.h"
#include "proxy/request_facts.h"
#include "proxy/worker.h"

namespace pinion::proxy {

using balance::Rank;
using metrics::AdmissionResult;
using metrics::ShedReason;

namespace {

using Shed = SessionPlacing::Shed;

constexpr Shed kShutdown{ShedReason::shutdown, "shutting-down",
                         "This proxy is about to end; try again."};
constexpr Shed kBuffers{ShedReason::buffers, "buffers-full",
                        "Too much waits for slow readers here; try again."};
constexpr Shed kOverload{ShedReason::overload_handshakes, "overloaded",
                         "This proxy has too much to do; try again."};
constexpr Shed kQueueFull{ShedReason::queue_full, "queue-full",
                          "Too many wait for room already; try again."};
constexpr Shed kExpired{ShedReason::queue_expired, "full",
                        "No backend of this pool had room for a new session in time; try again."};
constexpr Shed kNoBackend{ShedReason::no_backend, "no-backend",
                          "No backend of this pool takes sessions now; try again."};
constexpr Shed kPaced{ShedReason::rate, "too-many-at-once",
                      "Too many sessions begin at this moment; try again."};
constexpr Shed kFull{ShedReason::sessions_full, "full",
                     "Every backend of this pool has all the sessions it may have."};

}  // namespace

SessionPlacing::~SessionPlacing() { give_up(); }

bool SessionPlacing::admits() {
  const Shed* const shed = worker_.shutting_down()                       ? &kShutdown
                           : worker_.shared().budget.exhausted()         ? &kBuffers
                           : worker_.overloaded(Rung::refuse_handshakes) ? &kOverload
                                                                         : nullptr;
  if (shed != nullptr) refuse(*shed);
  return shed == nullptr;
}

void SessionPlacing::find(bool returns) {
  returns_ = returns;
  const balance::AdmissionQueue& queue = worker_.admission().queue(*facts_.pool);
  if (!has_waited() && queue.anybody_waits() && queue.goes_behind(rank())) {
    return wait_for_room(Refusal::all_full);
  }
  auto assignment =
      worker_.assigner().assign_session(worker_.backends(*facts_.pool), tried_, worker_.now());
  if (assignment.reservation) return owner_.on_place(std::move(assignment.reservation));
  if (assignment.refusal == Refusal::no_backend) return refuse(Refusal::no_backend);
  wait_for_room(assignment.refusal);
}

void SessionPlacing::wait_for(balance::Backend& home) {
  home_ = &home;
  rank_ = Rank::bound;
  wait_for_room(Refusal::paced);
}

// Asked for once: whoever has lost a session may open one for it in front of others.
Rank SessionPlacing::rank() {
  if (!rank_) {
    credit_taken_ = worker_.shared().ledger.lost_clients().take(facts_.client);
    rank_ = credit_taken_ || returns_ ? Rank::returning : Rank::fresh;
  }
  return *rank_;
}

void SessionPlacing::return_credit() {
  if (std::exchange(credit_taken_, false)) {
    worker_.shared().ledger.lost_clients().lost(facts_.client);
  }
}

void SessionPlacing::wait_for_room(Refusal refusal) {
  const config::Admission& admission = worker_.config().pools[*facts_.pool].admission;
  if (admission.queue == 0) return refuse(refusal);
  const bool again = has_waited();
  if (!worker_.admission().join(*facts_.pool, *this, rank(), admission.queue, again)) {
    worker_.counters().pools[*facts_.pool].admission(AdmissionResult::refused);
    return refuse(kQueueFull);
  }
  set_queued(true);
  if (!again) queued_since_ = worker_.now();
  owner_.on_wait_for_place(*queued_since_ + admission.wait);
}

void SessionPlacing::set_queued(bool queued) noexcept {
  queued_ = queued;
  await_home(queued);
}

// Nobody else gets the home's turns meanwhile.
void SessionPlacing::await_home(bool awaits) noexcept {
  if (home_ == nullptr || std::exchange(awaits_home_, awaits) == awaits) return;
  if (awaits) {
    home_->pace().begin_wait();
  } else {
    home_->pace().end_wait();
  }
}

void SessionPlacing::on_displaced() noexcept {
  set_queued(false);
  worker_.counters().pools[*facts_.pool].admission(AdmissionResult::refused);
  refuse(kQueueFull);
}

// One that waits for its home gets a place elsewhere only when that takes nobody any more.
balance::Reservation SessionPlacing::place_for(TimePoint now, Refusal& refusal) {
  const balance::BackendSet& set = worker_.backends(*facts_.pool);
  const bool has_home = home_ != nullptr && home_->takes_sessions() && set.has(*home_) &&
                        !home_->pace().careful(now, set.rate) &&
                        std::ranges::find(tried_, home_) == tried_.end();
  await_home(has_home);
  if (has_home) {
    refusal = Refusal::paced;
    return reserve_paced(*home_, set.rate, now);
  }
  balance::AdmissionQueue& queue = worker_.admission().queue(*facts_.pool);
  if (std::exchange(home_, nullptr) != nullptr) {
    rank_ = Rank::returning;
    queue.unbind(*this);
  }
  refusal = Refusal::paced;
  if (queue.has_found_none(now)) return {};
  auto assignment = worker_.assigner().assign_session(set, tried_, now);
  refusal = assignment.refusal;
  if (!assignment.reservation && tried_.empty() && refusal != Refusal::no_backend) {
    queue.found_none(now);
  }
  return std::move(assignment.reservation);
}

// Also when nothing can be had any more: then it is refused.
bool SessionPlacing::on_turn(TimePoint now) noexcept {
  const bool refuses = worker_.overloaded(Rung::refuse_handshakes);
  if (worker_.shutting_down() || refuses) {
    leave_queue(AdmissionResult::refused);
    refuse(refuses ? kOverload : kShutdown);
    return true;
  }
  if (worker_.shared().budget.exhausted()) return false;
  // A backend that has come up again is as good as any.
  std::erase_if(tried_, [](const balance::Backend* backend) {
    return backend->health().up() && !backend->health().misses_connects();
  });
  Refusal refusal = Refusal::none;
  auto reservation = place_for(now, refusal);
  if (refusal == Refusal::no_backend && tried_.empty()) {
    leave_queue(AdmissionResult::refused);
    refuse(refusal);
    return true;
  }
  if (!reservation) return false;
  leave_queue(AdmissionResult::admitted);
  count_wait(now);
  owner_.on_place(std::move(reservation));
  return true;
}

void SessionPlacing::count_wait(TimePoint now) {
  const Duration waited = now - *queued_since_;
  worker_.counters().pools[*facts_.pool].admission_wait.observe(
      metrics::kDurationBounds, to_seconds(waited), static_cast<std::uint64_t>(waited.count()));
}

void SessionPlacing::leave_queue(AdmissionResult result) {
  set_queued(false);
  worker_.admission().queue(*facts_.pool).leave(*this);
  worker_.counters().pools[*facts_.pool].admission(result);
}

void SessionPlacing::expire() {
  leave_queue(AdmissionResult::expired);
  refuse(worker_.shared().budget.exhausted() ? kBuffers : kExpired);
}

void SessionPlacing::give_up() {
  if (queued_) leave_queue(AdmissionResult::left);
}

void SessionPlacing::refuse(Refusal refusal) {
  if (refusal == Refusal::no_backend) return refuse(kNoBackend);
  refuse(refusal == Refusal::paced ? kPaced : kFull);
}

void SessionPlacing::refuse(const Shed& shed) {
  worker_.count_shed(shed.reason);
  worker_.remarks().refused(*facts_.pool, shed.reason);
  owner_.on_no_place(shed);
}

}  // namespace pinion::proxy
