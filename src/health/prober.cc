#include "health/prober.h"

#include <unordered_set>

namespace pinion::health {

namespace {

constexpr Duration kTick = std::chrono::milliseconds{100};
// A backend that has left a handshake unanswered, until it says anything.
constexpr Duration kAskEvery = std::chrono::seconds{1};

}  // namespace

Prober::Prober(uv::Loop& loop, ProbeEvents& events, std::shared_ptr<const config::Config> config)
    : loop_(loop),
      events_(events),
      config_(std::move(config)),
      timer_(loop, alarm_),
      ticker_(loop, as_ticker()) {
  ticker_.start(kTick, kTick);
}

Prober::~Prober() = default;

void Prober::watch(const balance::BackendSets& sets) {
  std::unordered_set<BackendId> wanted;
  for (const auto& set : sets) {
    const ProbePlan plan = plan_of(config_->pools[set->pool]);
    for (balance::Backend* const backend : set->backends) {
      wanted.insert(backend->id());
      Watched& watched = watched_[backend->id()];
      if (watched.probe != nullptr && watched.probe->plan().measures_as(plan)) {
        watched.probe->follow(plan);
        continue;
      }
      watched.probe = std::make_unique<BackendProbe>(loop_, as_agenda(), events_, *backend, plan);
      place(watched);
    }
  }
  for (auto entry = watched_.begin(); entry != watched_.end();) {
    if (wanted.contains(entry->first)) {
      ++entry;
      continue;
    }
    agenda_.erase({entry->second.on_agenda, entry->first});
    entry = watched_.erase(entry);
  }
  set_alarm();
}

void Prober::place(Watched& watched) {
  const BackendId id = watched.probe->backend().id();
  agenda_.erase({watched.on_agenda, id});
  watched.on_agenda = watched.probe->wake_at();
  agenda_.emplace(watched.on_agenda, id);
}

void Prober::set_alarm() {
  if (agenda_.empty()) return timer_.stop();
  timer_.start(agenda_.begin()->first);
}

void Prober::on_new_time(BackendProbe& probe) noexcept {
  place(watched_.at(probe.backend().id()));
  set_alarm();
}

void Prober::wake_those_due() noexcept {
  const TimePoint now = monotonic_now();
  while (!agenda_.empty() && agenda_.begin()->first <= now) {
    Watched& watched = watched_.at(agenda_.begin()->second);
    watched.probe->wake(now);
    place(watched);
  }
  set_alarm();
}

void Prober::on_tick() noexcept {
  const TimePoint now = monotonic_now();
  for (auto& [id, watched] : watched_) {
    balance::Health& health = watched.probe->backend().health();
    const bool asks = health.silent() && watched.probe->wake_at() > now + kAskEvery;
    // A request may have found it down, long before the next probe is due.
    const bool retries = !health.up() && health.retry_at() <= now;
    if (health.take_suspicion() || asks || retries) watched.probe->hurry(now);
  }
}

}  // namespace pinion::health
