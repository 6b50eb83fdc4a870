#include "balance/load_keeper.h"

#include <algorithm>

namespace pinion::balance {

// What is known of a pool as a whole.
struct LoadKeeper::Means {
  double session_work = 0;    // units a second of a session
  double cost = 0;            // busy seconds a unit, of a backend; 0: no backend has learnt it
  double trust = 0;           // 0 to 1
  double bytes_per_work = 0;  // from clients
  double reported = 0;        // load of a session, where backends report; 0: unknown
};

namespace {

// Bytes that wait for a backend are work that it should have had done within this time.
constexpr double kQueueTime = 1;  // seconds
// A confidence in probes from which on they decide: how far off a few of them may be by chance, the
// learner knows better.
constexpr double kDecisive = 0.5;
// A process that has just come up is busy with itself.
constexpr Duration kStartsUp = std::chrono::seconds{5};
// A trust above which probes may say that a loop is busier than its work tells.
constexpr double kHalf = 0.5;

}  // namespace

LoadKeeper::LoadKeeper(const std::vector<config::Pool>& pools) { set_rules(pools); }

void LoadKeeper::set_rules(const std::vector<config::Pool>& pools) {
  rules_.clear();
  for (const auto& pool : pools) rules_.push_back({.ramp = pool.ramp, .hot = pool.hot});
}

void LoadKeeper::watch(const BackendSets& sets, TimePoint now) {
  auto before = std::exchange(pools_, {});
  for (std::size_t pool = 0; pool < sets.size(); ++pool) {
    // Those of a pool that is new are all there first.
    const bool first = pool >= before.size();
    Pool& next = pools_.emplace_back(Pool{.rules = rules_[pool], .at = now, .backends = {}});
    if (!first) next.at = before[pool].at;
    for (Backend* const backend : sets[pool]->backends) {
      Watched watched{.backend = backend,
                      .rate = {},
                      .learner = {},
                      .reading = {},
                      .work = backend->traffic().total().work(),
                      .probes = backend->probe_reading().tally,
                      .requests = {}};
      if (!first) {
        auto& known = before[pool].backends;
        const auto at = std::find_if(known.begin(), known.end(),
                                     [&](const Watched& one) { return one.backend == backend; });
        if (at != known.end()) {
          watched = std::move(*at);
          watched.reading.ramp_until = std::min(watched.reading.ramp_until, now + next.rules.ramp);
        } else {
          watched.reading.at = now;
          watched.reading.returns = backend->returns();
          watched.came_up = backend->health().returns();
          watched.reading.ramp_until = now + next.rules.ramp;
          backend->publish_load(watched.reading);
        }
      }
      next.backends.push_back(std::move(watched));
    }
  }
}

void LoadKeeper::tick(TimePoint now) {
  for (Pool& pool : pools_) {
    const Duration since = now - std::exchange(pool.at, now);
    const double usual_cost = means_of(pool.backends, now).cost;
    for (Watched& watched : pool.backends) {
      sample(watched, pool.rules, {.time = since, .usual_cost = usual_cost}, now);
    }
    const Means means = means_of(pool.backends, now);
    for (Watched& watched : pool.backends) publish(watched, means, now);
  }
}

void LoadKeeper::sample(Watched& watched, const Rules& rules, const Since& since, TimePoint now) {
  Backend& backend = *watched.backend;
  LoadReading& reading = watched.reading;
  if (backend.queued_bytes() > 0) backend.add_blocked(since.time);
  // What comes up may be another process, whose first report may come before it counts as up.
  if (!backend.health().up()) backend.reported_load().forget();
  const std::uint64_t came_up = backend.health().returns();
  // It is another process, maybe another machine.
  if (std::exchange(watched.came_up, came_up) != came_up) {
    watched.rate.forget();
    watched.learner.forget();
    watched.requests = {};
    backend.push_latency().forget();
    watched.learns_from = now + kStartsUp;
    reading.learnt_cost = 0;
  }
  const std::uint64_t returns = backend.returns();
  if (std::exchange(reading.returns, returns) != returns) reading.ramp_until = now + rules.ramp;
  watched.rate.sample(now, backend.traffic().total(), backend.assigned().total());
  reading.rates = watched.rate.rates();
  const ProbeReading probes = backend.probe_reading();
  watched.trust = freshness(backend.probe_told_at(probes, now), now) *
                  std::min(1.0, probes.confidence / kDecisive);
  reading.wait = backend.probe_wait(probes, now);
  reading.hot = watched.trust > 0 && rules.hot > Duration::zero() && reading.wait >= rules.hot;
  const std::uint64_t work = backend.traffic().total().work();
  const auto done = static_cast<double>(work - std::exchange(watched.work, work));
  const BusyTally before = std::exchange(watched.probes, probes.tally);
  const auto requests = backend.request_samples().take();
  reading.requests_known = false;
  reading.request_weight = 0;
  // Whoever probes may be another one since, who began to count anew.
  const bool measured = freshness(probes.at, now) >= 1 && probes.confidence > 0;
  if (!measured || probes.tally.seconds < before.seconds) return;
  if (now < watched.learns_from) return;
  for (const RequestSample& request : requests) watched.requests.add(request);
  watched.learner.learn(
      since.time, {.work = done,
                   .samples = watched.requests.join(since.time, probes.tally - before, now),
                   .load = std::max(probes.busy_share, since.usual_cost * reading.rates.work())});
  reading.learnt_cost = watched.learner.cost();
  reading.requests_known = watched.requests.knows();
  reading.request_share = watched.requests.busy_share();
  reading.request_weight = watched.requests.weight();
}

double LoadKeeper::reported_by_session(const std::vector<Watched>& backends, TimePoint now) {
  double load = 0;
  std::uint64_t sessions = 0;
  for (const Watched& watched : backends) {
    const auto report = watched.backend->reported_load().newest(now);
    if (!report) continue;
    load += report->load;
    sessions += report->sessions;
  }
  return sessions > 0 ? load / static_cast<double>(sessions) : 0;
}

LoadKeeper::Means LoadKeeper::means_of(const std::vector<Watched>& backends, TimePoint now) {
  Means means;
  double work = 0;
  double sessions = 0;
  double sure = 0;
  double frames_in = 0;
  double bytes_in = 0;
  for (const Watched& watched : backends) {
    const Rates& rates = watched.reading.rates;
    work += rates.work();
    sessions += rates.sessions;
    frames_in += rates.frames_in;
    bytes_in += rates.bytes_in;
    if (watched.reading.learnt_cost <= 0) continue;
    // By work, or one that has hardly any would have as much to say as those that have much.
    const double weight = watched.trust * watched.learner.work();
    means.cost += weight * watched.reading.learnt_cost;
    sure += weight;
    means.trust = std::max(means.trust, watched.trust);
  }
  means.reported = reported_by_session(backends, now);
  means.session_work = sessions > 0 ? work / sessions : 0;
  means.cost = sure > 0 ? means.cost / sure : 0;
  means.bytes_per_work = frames_in > 0 ? bytes_in / frames_in : 0;
  return means;
}

void LoadKeeper::publish(Watched& watched, const Means& means, TimePoint now) {
  LoadReading& reading = watched.reading;
  reading.at = now;
  reading.session_work = means.session_work;
  reading.reported_by_session = means.reported;
  reading.trust = means.trust;
  const double own = watched.trust * watched.learner.certainty_against(means.cost);
  reading.cost = means.cost + own * (reading.learnt_cost - means.cost);
  reading.surely_busy = watched.trust > kHalf ? watched.learner.surely_busy() : 0;
  reading.work_per_queued_byte =
      means.bytes_per_work > 0 ? 1 / (means.bytes_per_work * kQueueTime) : 0;
  watched.backend->publish_load(reading);
}

}  // namespace pinion::balance
