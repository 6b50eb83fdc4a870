#include "balance/thresholds.h"

#include <cstddef>

namespace pinion::balance {
namespace {

/// How much of the limit is used; nothing of one that is not set.
double used(double amount, double limit) noexcept { return limit == 0 ? 0.0 : amount / limit; }

}  // namespace

std::string_view to_string(Level level) noexcept {
  constexpr std::string_view kNames[] = {"calm", "busy", "full"};
  return kNames[static_cast<std::size_t>(level)];
}

std::string_view to_string(Limit limit) noexcept {
  constexpr std::string_view kNames[] = {
      "", "sessions", "loop_delay", "busy_share", "queued_bytes", "inflight", "reported_load"};
  return kNames[static_cast<std::size_t>(limit)];
}

bool LevelKeeper::Side::update(const Readings& readings, const config::LevelLimits& limits,
                               TimePoint now) {
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  const struct {
    Limit limit;
    double used;
  } all[] = {
      {Limit::sessions, used(number(readings.sessions), number(limits.sessions))},
      {Limit::loop_delay, used(to_seconds(readings.loop_delay), to_seconds(limits.loop_delay))},
      {Limit::busy_share, used(100 * readings.busy_share, number(limits.busy_share))},
      {Limit::queued_bytes, used(number(readings.queued_bytes), number(limits.queued_bytes))},
      {Limit::inflight, used(number(readings.inflight), number(limits.inflight))},
      {Limit::reported_load, used(100 * readings.reported_load, number(limits.reported_load))},
  };
  const auto* most = &all[0];
  for (const auto& each : all) {
    if (each.used > most->used) most = &each;
  }
  if (!state.update(most->used, now)) {
    by = Limit::none;
  } else if (by == Limit::none || most->used >= 1.0) {
    by = most->limit;
  }
  return state.above();
}

Standing LevelKeeper::update(const Readings& readings, const config::Thresholds& thresholds,
                             TimePoint now) {
  const bool busy = busy_.update(readings, thresholds.busy, now);
  const bool full = full_.update(readings, thresholds.full, now);
  if (full) return {.level = Level::full, .by = full_.by};
  if (busy) return {.level = Level::busy, .by = busy_.by};
  return {};
}

}  // namespace pinion::balance
