#include "session/move_plan.h"

#include <algorithm>
#include <tuple>
#include <utility>

namespace pinion::session {
namespace {

// What was not moved when it was due is made up for within bounds: nobody is flooded after a wait.
constexpr double kMostDueSeconds = 0.5;

bool streams(const Session& session, TimePoint now) noexcept {
  // A POST beside the poll is a message on its way, as is what one of the peers does not take yet.
  return now - session.last_moved < MovePlan::kStreaming || session.requests > 1 ||
         session.mid_message || session.queued_bytes > 0;
}

}  // namespace

MovePlan::MovePlan(const Terms& terms, Quotas quotas, TimePoint start)
    : terms_(terms), quotas_(std::move(quotas)), start_(start), advanced_(start) {}

void MovePlan::advance(TimePoint now) {
  const double passed = to_seconds(now - std::exchange(advanced_, now));
  const double most = std::max(1.0, terms_.per_second * kMostDueSeconds);
  due_ = std::min(due_ + passed * terms_.per_second, most);
}

bool MovePlan::wants_list(TimePoint now) const noexcept {
  if (due_ < 1 || done()) return false;
  return !listed_ || now - *listed_ >= kListAge;
}

void MovePlan::offer(std::vector<Session> sessions, TimePoint now) {
  listed_ = now;
  decltype(leaving_) still_leaving;
  std::erase_if(sessions, [&](const Session& session) {
    const auto leaves = leaving_.find(session.serial);
    if (leaves == leaving_.end()) return false;
    // Its WebSocket has failed by itself before it heard, so it goes on by polling.
    if (!session.has_tunnel) {
      stayed(leaves->second);
      return false;
    }
    still_leaving.insert(*leaves);
    return true;
  });
  leaving_ = std::move(still_leaving);
  std::ranges::sort(sessions, [now](const Session& a, const Session& b) {
    return std::tuple(streams(a, now), a.last_moved) < std::tuple(streams(b, now), b.last_moved);
  });
  list_.assign(std::make_move_iterator(sessions.begin()), std::make_move_iterator(sessions.end()));
}

std::optional<Session> MovePlan::next(TimePoint now) {
  if (due_ < 1) return std::nullopt;
  while (!list_.empty()) {
    Session session = std::move(list_.front());
    list_.pop_front();
    if (allows(session, now)) return session;
  }
  return std::nullopt;
}

bool MovePlan::allows(const Session& session, TimePoint now) const noexcept {
  if (remaining(session.backend) == 0) return false;
  // Whoever ends by itself needs not be moved, unless the other side does not mind its goodbye.
  const bool waits = streams(session, now) || session.condition == Condition::closing;
  return !waits || now - start_ >= terms_.patience;
}

void MovePlan::moved(const Session& session) {
  due_ -= 1;
  ++moved_;
  ++moved_from_[session.backend];
  leaving_.emplace(session.serial, session.backend);
  const auto quota = quotas_.find(session.backend);
  if (quota != quotas_.end() && quota->second != kAll) --quota->second;
}

void MovePlan::stayed(BackendId backend) noexcept {
  --moved_;
  --moved_from_[backend];
  const auto quota = quotas_.find(backend);
  if (quota != quotas_.end() && quota->second != kAll) ++quota->second;
}

void MovePlan::aim(Quotas quotas) noexcept {
  quotas_ = std::move(quotas);
  listed_.reset();
  list_.clear();
}

void MovePlan::limit(BackendId backend, std::uint64_t most) noexcept {
  const auto quota = quotas_.find(backend);
  if (quota != quotas_.end()) quota->second = std::min(quota->second, most);
}

std::uint64_t MovePlan::remaining(BackendId backend) const noexcept {
  const auto quota = quotas_.find(backend);
  return quota == quotas_.end() ? 0 : quota->second;
}

std::uint64_t MovePlan::moved(BackendId backend) const noexcept {
  const auto from = moved_from_.find(backend);
  return from == moved_from_.end() ? 0 : from->second;
}

bool MovePlan::done() const noexcept {
  return std::ranges::all_of(quotas_, [](const auto& quota) { return quota.second == 0; });
}

}  // namespace pinion::session
