#include "proxy/admission_desk.h"

#include <algorithm>

namespace pinion::proxy {
namespace {

// Short against the time of a handshake, long against the time that a look takes.
constexpr Duration kLook = std::chrono::milliseconds{10};

}  // namespace

AdmissionDesk::AdmissionDesk(uv::Loop& loop, balance::SharedAdmissions& shared)
    : loop_(loop), shared_(shared), timer_(loop, as_ticker()) {}

balance::AdmissionQueue& AdmissionDesk::queue(PoolId pool) noexcept {
  while (queues_.size() <= pool) queues_.emplace_back(shared_[queues_.size()]);
  return queues_[pool];
}

bool AdmissionDesk::join(PoolId pool, balance::AdmissionWaiter& waiter, balance::Rank rank,
                         std::size_t limit, bool again) noexcept {
  if (!queue(pool).join(waiter, rank, limit, again)) return false;
  if (!ticking_) timer_.start(kLook, kLook);
  ticking_ = true;
  return true;
}

void AdmissionDesk::serve() noexcept {
  for (balance::AdmissionQueue& queue : queues_) queue.serve(loop_.now());
  if (std::any_of(queues_.begin(), queues_.end(), [](const auto& queue) { return !queue.empty(); }))
    return;
  timer_.stop();
  ticking_ = false;
}

}  // namespace pinion::proxy
