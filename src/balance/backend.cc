#include "balance/backend.h"

#include <limits>

#include "base/check.h"

namespace pinion::balance {
namespace {

constexpr std::uint64_t kOneReserved = std::uint64_t{1} << 32U;
constexpr std::uint64_t kOneLive = 1;

std::uint64_t pack(Assigned assigned) noexcept {
  return assigned.reserved * kOneReserved + assigned.live;
}
Assigned unpack(std::uint64_t packed) noexcept {
  return {.reserved = static_cast<std::uint32_t>(packed >> 32U),
          .live = static_cast<std::uint32_t>(packed)};
}

}  // namespace

Assigned Backend::assigned() const noexcept { return unpack(read(assigned_)); }

bool Backend::is_full() const noexcept {
  return standing().level == Level::full || has_all_sessions(assigned());
}

bool Backend::has_all_sessions(Assigned seen) const noexcept {
  const auto reached = [&](std::uint32_t limit) { return limit != 0 && seen.total() >= limit; };
  return reached(max_sessions()) || reached(agent_.max_sessions()) ||
         reached(pool_limit_.load(std::memory_order_relaxed));
}

// A loop that stands still answers no probe until it goes on: what it will say then is too late for
// those who come meanwhile.
Duration Backend::probe_wait(const ProbeReading& reading, TimePoint now) const noexcept {
  const TimePoint out = probe_out_.load(std::memory_order_relaxed);
  if (out == TimePoint{} || reading.confidence <= 0) return reading.wait;
  return std::max(reading.wait, now - out - reading.baseline);
}

TimePoint Backend::probe_told_at(const ProbeReading& reading, TimePoint now) const noexcept {
  const TimePoint out = probe_out_.load(std::memory_order_relaxed);
  const bool stands_still =
      out != TimePoint{} && reading.confidence > 0 && now - out > reading.baseline;
  return stands_still ? now : reading.at;
}

bool Backend::set_draining(bool draining) noexcept {
  const bool was = draining_.load(std::memory_order_relaxed);
  if (was && !draining) undrained_.fetch_add(1, std::memory_order_release);
  return draining_.exchange(draining, std::memory_order_release) != draining;
}

std::uint64_t Backend::most_sessions() const noexcept {
  if (standing().level == Level::full) return assigned().total();
  std::uint64_t most = std::numeric_limits<std::uint64_t>::max();
  for (const std::uint32_t limit :
       {max_sessions(), agent_.max_sessions(), pool_limit_.load(std::memory_order_relaxed)}) {
    if (limit != 0) most = std::min<std::uint64_t>(most, limit);
  }
  return most;
}

void Backend::set_standing(Standing standing) noexcept {
  const Standing before = standing_.exchange(standing, std::memory_order_relaxed);
  if (before.level != standing.level) level_changes_.fetch_add(1, std::memory_order_relaxed);
}

bool Backend::try_reserve(Assigned seen) noexcept {
  if (standing().level == Level::full || has_all_sessions(seen)) return false;
  std::uint64_t expected = pack(seen);
  return assigned_.compare_exchange_strong(expected, expected + kOneReserved,
                                           std::memory_order_relaxed);
}

void Backend::release_reservation() noexcept {
  const auto before = assigned_.fetch_sub(kOneReserved, std::memory_order_relaxed);
  PINION_CHECK(unpack(before).reserved > 0, "a reservation is released once");
}

void Backend::confirm_reservation(bool websocket) noexcept {
  const auto before = assigned_.fetch_sub(kOneReserved - kOneLive, std::memory_order_relaxed);
  PINION_CHECK(unpack(before).reserved > 0, "a reservation is confirmed once");
  if (websocket) websockets_.fetch_add(1, std::memory_order_relaxed);
}

void Backend::session_ended(bool websocket) noexcept {
  const auto before = assigned_.fetch_sub(kOneLive, std::memory_order_relaxed);
  PINION_CHECK(unpack(before).live > 0, "a session ends once");
  if (websocket) websockets_.fetch_sub(1, std::memory_order_relaxed);
}

void Backend::queue_changed(std::int64_t to_backend, std::int64_t from_backend) noexcept {
  // Unsigned arithmetic wraps, so adding a negative change is right.
  if (to_backend != 0) {
    queued_to_.fetch_add(static_cast<std::uint64_t>(to_backend), std::memory_order_relaxed);
  }
  if (from_backend != 0) {
    queued_from_.fetch_add(static_cast<std::uint64_t>(from_backend), std::memory_order_relaxed);
  }
}

}  // namespace pinion::balance
