// What a worker does to all of its connections, or to those of them that matter.
#include "proxy/worker_connections.h"

#include <algorithm>
#include <utility>

namespace pinion::proxy {

using metrics::CloseReason;

namespace {

// Over the budget those who have less than so much are spared at first, for so many ticks.
constexpr std::size_t kMuch = std::size_t{16} * 1024;
constexpr std::uint32_t kPatience = 5;

}  // namespace

// Those that are idle already, once: the others ask for their time when they become idle.
void Worker::shorten_idle() noexcept {
  const bool was_short = std::exchange(idle_is_short_, overloaded(Rung::short_idle));
  if (was_short || !idle_is_short_) return;
  for (Downstream* at = connections_->downstreams.front(); at != nullptr;
       at = connections_->downstreams.after(*at)) {
    at->shorten_idle();
  }
}

void Worker::promise_to_free(std::size_t bytes) noexcept {
  // Unsigned arithmetic wraps, so adding a negative change is right.
  const std::size_t change = bytes - std::exchange(promised_, bytes);
  if (change != 0) shared_.closing_bytes.fetch_add(change, std::memory_order_relaxed);
}

// Each worker closes who is the greatest burden to it, one a tick, until those that are closing
// will give back what is too much.
void Worker::relieve_buffers() noexcept {
  const std::size_t used = shared_.budget.used();
  const std::size_t limit = shared_.budget.limit();
  if (limit == 0 || used <= limit) {
    over_budget_ticks_ = 0;
    promise_to_free(0);
    return;
  }
  // Whoever has much of it may be another worker's.
  const std::size_t least = over_budget_ticks_++ < kPatience ? kMuch : 1;
  std::size_t given_back = 0;
  double greatest = 0;
  Tunnel* tunnel = nullptr;
  for (Tunnel* at = connections_->tunnels.front(); at != nullptr;
       at = connections_->tunnels.after(*at)) {
    if (at->closing() && !at->finishes_message()) {
      given_back += at->kept();
    } else if (const double burden = at->burden(now()); burden > greatest && at->kept() >= least) {
      tunnel = at;
      greatest = burden;
    }
  }
  Downstream* downstream = nullptr;
  for (Downstream* at = connections_->downstreams.front(); at != nullptr;
       at = connections_->downstreams.after(*at)) {
    const double burden = at->burden(now());
    if (burden <= greatest || at->queued() < least) continue;
    downstream = at;
    greatest = burden;
  }
  std::size_t waiting = 0;
  if (tunnel != nullptr) waiting = tunnel->kept();
  if (downstream != nullptr) waiting = downstream->queued();
  // What others have closed frees as much as what this one has.
  promise_to_free(given_back);
  if (waiting == 0 || shared_.closing_bytes.load(std::memory_order_relaxed) >= used - limit) return;
  promise_to_free(given_back + waiting);
  remarks_.over_budget(waiting);
  if (downstream != nullptr) {
    downstream->cut_off(CloseReason::over_budget);
  } else {
    tunnel->close_gracefully(websocket::CloseCode::try_again_later, CloseReason::over_budget);
  }
}

void Worker::close_sessions(std::span<const std::uint64_t> serials, CloseReason reason) {
  Tunnel* next_tunnel = connections_->tunnels.front();
  while (next_tunnel != nullptr) {
    Tunnel& tunnel = *next_tunnel;
    next_tunnel = connections_->tunnels.after(tunnel);
    if (!std::ranges::binary_search(serials, tunnel.serial())) continue;
    tunnel.close_gracefully(websocket::CloseCode::service_restart, reason);
  }
  Downstream* next = connections_->downstreams.front();
  while (next != nullptr) {
    Downstream& downstream = *next;
    next = connections_->downstreams.after(downstream);
    downstream.close_sessions(serials);
  }
}

}  // namespace pinion::proxy
