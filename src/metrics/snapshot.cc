#include "metrics/snapshot.h"

#include <algorithm>
#include <numeric>

namespace pinion::metrics {
namespace {

template <std::size_t N>
void add_all(std::array<std::uint64_t, N>& to, const std::array<Counter, N>& from) noexcept {
  for (std::size_t i = 0; i < N; ++i) to[i] += from[i].value();
}

void add_pool(PoolTotals& to, const PoolCounters& from) noexcept {
  add_all(to.requests, from.requests);
  to.unknown_sid += from.unknown_sid.value();
  to.retries += from.retries.value();
  add_all(to.admissions, from.admissions);
  to.admission_wait.add(from.admission_wait);
  add_all(to.rebinds, from.rebinds);
  add_all(to.affinities, from.affinities);
  to.event_rate_pauses += from.event_rate_pauses.value();
}

std::uint64_t sum_of(const PoolTotals& pool) noexcept {
  return std::accumulate(pool.requests.begin(), pool.requests.end(), std::uint64_t{0});
}

void add_direction(DirectionTotals& to, const DirectionCounters& from) noexcept {
  add_all(to.frames, from.frames);
  to.polled_packets += from.polled_packets.value();
  to.bytes += from.bytes.value();
  to.paused += from.paused.value();
  to.paused_ns += from.paused_ns.value();
  to.frame_sizes.add(from.frame_sizes);
}

}  // namespace

void CounterTotals::add(const WorkerCounters& worker, std::size_t pool_count) {
  for (std::size_t i = 0; i < kDirections; ++i) {
    add_direction(directions[i], worker.directions[i]);
  }
  add_all(closes, worker.closes);
  add_all(upstream_connects, worker.upstream_connects);
  add_all(shed, worker.shed);
  closed += worker.closed.value();
  accepted += worker.accepted.value();
  head_errors += worker.head_errors.value();
  unrouted += worker.unrouted.value();
  frame_errors += worker.frame_errors.value();
  farewells_dropped += worker.farewells_dropped.value();
  queued_bytes += worker.queued_bytes.value();
  request_duration.add(worker.request_duration);
  pools.resize(std::max(pools.size(), pool_count));
  for (std::size_t i = 0; i < pool_count; ++i) {
    add_pool(pools[i], worker.pools[i]);
  }
  add_pool(no_pool, worker.no_pool);
}

std::uint64_t CounterTotals::requests() const noexcept {
  return std::accumulate(
      pools.begin(), pools.end(), sum_of(no_pool),
      [](std::uint64_t sum, const PoolTotals& pool) { return sum + sum_of(pool); });
}

void ControlTotals::add(const ControlCounters& counters) noexcept {
  add_all(reloads, counters.reloads);
  config_loaded_seconds = counters.config_loaded_seconds.load(std::memory_order_relaxed);
  add_all(name_lookups, counters.name_lookups);
  add_all(admin_refused, counters.admin_refused);
}

}  // namespace pinion::metrics
