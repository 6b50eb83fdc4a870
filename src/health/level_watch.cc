#include "health/level_watch.h"

#include <algorithm>
#include <utility>

#include "balance/fresh_probes.h"

namespace pinion::health {
namespace {

// Below this confidence a busy share may be anything, and of fewer probes a single one that waited
// would make a backend full.
constexpr double kTold = 0.2;
constexpr std::uint32_t kFew = 5;

balance::Readings readings_of(const balance::Backend& backend, TimePoint now) {
  balance::Readings readings{.sessions = backend.assigned().total(),
                             .queued_bytes = backend.queued_bytes(),
                             .inflight = backend.inflight(),
                             .reported_load = backend.reported_load().get(now).value_or(0.0)};
  const balance::ProbeReading probes = balance::fresh_probes(backend, now);
  // One that is still out says more than those few that were answered.
  const bool is_enough = probes.samples >= kFew || probes.wait > backend.probe_reading().wait;
  if (probes.confidence > 0 && is_enough) readings.loop_delay = probes.wait;
  if (probes.confidence >= kTold) readings.busy_share = probes.busy_share;
  return readings;
}

// Measurements are some seconds late. By then this much more than what it had is on it, and not all
// who waited.
constexpr std::uint64_t kCarefulShare = 50;  // a fiftieth of its sessions a second
constexpr std::uint64_t kLeastRate = 2;

// The others are counted as they are.
bool shows_late(balance::Limit limit) noexcept {
  using balance::Limit;
  return limit == Limit::loop_delay || limit == Limit::busy_share || limit == Limit::reported_load;
}

std::uint32_t careful_rate(std::uint64_t sessions) noexcept {
  return static_cast<std::uint32_t>(
      std::clamp<std::uint64_t>(sessions / kCarefulShare, kLeastRate, 1000));
}

}  // namespace

LevelWatch::LevelWatch(uv::Loop& loop, log::Logger& log)
    : loop_(loop), log_(log), timer_(loop, as_ticker()) {
  timer_.start(kEvery, kEvery);
}

void LevelWatch::watch(const balance::BackendSets& sets) {
  sets_ = sets;
  std::unordered_map<balance::Backend*, Kept> kept;
  for (const auto& set : sets_) {
    for (balance::Backend* const backend : set->backends) {
      backend->limit_sessions(set->thresholds.full.sessions);
      if (const auto known = kept_.find(backend); known != kept_.end()) {
        kept.insert(*known);
      }
    }
  }
  // Nobody looks any more at those that have left.
  for (const auto& [backend, was] : kept_) {
    if (kept.contains(backend)) continue;
    const balance::Standing before = backend->standing();
    backend->set_standing({});
    if (before.level != balance::Level::calm) tell(*backend, before);
  }
  kept_ = std::move(kept);
}

void LevelWatch::on_tick() noexcept {
  for (const auto& set : sets_) {
    for (balance::Backend* const backend : set->backends) look_at(*set, *backend);
  }
}

void LevelWatch::look_at(const balance::BackendSet& set, balance::Backend& backend) {
  const TimePoint now = loop_.now();
  Kept& kept = kept_[&backend];
  forget_former_process(kept, backend);
  const balance::Standing standing =
      kept.keeper.update(readings_of(backend, now), set.thresholds, now);
  const balance::Standing before = backend.standing();
  if (standing == before) return;
  backend.set_standing(standing);
  if (standing.level == before.level) return;
  take_care(kept, set, backend, before);
  tell(backend, before);
}

void LevelWatch::tell(const balance::Backend& backend, const balance::Standing& before) const {
  const balance::Standing standing = backend.standing();
  const bool better = standing.level < before.level;
  log_.write(better ? log::Level::info : log::Level::warning, "backend's level has changed",
             {{"pool", backend.identity().pool_name},
              {"backend", backend.identity().name},
              {"now", balance::to_string(standing.level)},
              {"was", balance::to_string(before.level)},
              {"limit", balance::to_string(better ? before.by : standing.by)}});
}

void LevelWatch::forget_former_process(Kept& kept, balance::Backend& backend) {
  if (std::exchange(kept.replaced, backend.health().replaced()) == backend.health().replaced()) {
    return;
  }
  backend.pace().be_careful_no_more();
}

// Of the process that was full, by what it had then: another one has nothing yet.
void LevelWatch::take_care(Kept& kept, const balance::BackendSet& set, balance::Backend& backend,
                           const balance::Standing& before) const {
  const balance::Health& health = backend.health();
  if (backend.standing().level == balance::Level::full) {
    kept.sessions = backend.assigned().total();
    kept.returns = health.returns();
  } else if (before.level == balance::Level::full && shows_late(before.by)) {
    if (!health.up() || health.returns() != kept.returns) return;
    backend.pace().be_careful(loop_.now() + set.recovery, careful_rate(kept.sessions));
  }
}

}  // namespace pinion::health
