// Keeps watch over how much each backend has to do: samples what passed and what probes and
// requests tell of its event loop, learns what a unit of work costs it, and publishes a LoadReading
// that choices are made on.
//
// Threads: one, the main thread; what it publishes is read by all.
// Lifetime: the backends outlive it.
// Invariants: a backend that joins or returns ramps up from the moment that it can be chosen;
//   those that were there first do not.
#pragma once

#include <vector>

#include "balance/backend_set.h"
#include "balance/cost_learner.h"
#include "balance/request_evidence.h"
#include "balance/work_rate.h"

namespace pinion::balance {

class LoadKeeper {
 public:
  /// How often tick() is to be called.
  static constexpr Duration kEvery = std::chrono::milliseconds{250};

  /// By pool.
  struct Rules {
    Duration ramp{};  // how long one that joins takes its part by and by; 0: not at all
    Duration hot{};   // probes that wait so long make a backend hot; 0: never
  };
  explicit LoadKeeper(std::vector<Rules> pools) : rules_(std::move(pools)) {}
  explicit LoadKeeper(const std::vector<config::Pool>& pools);

  /// As a reload wants them, from the next watch() on.
  void set_rules(const std::vector<config::Pool>& pools);
  /// Which backends there are now. To be called before workers get to choose from them.
  void watch(const BackendSets& sets, TimePoint now);
  /// Samples, learns and publishes.
  void tick(TimePoint now);

 private:
  struct Watched {
    Backend* backend = nullptr;
    WorkRate rate;
    CostLearner learner;
    LoadReading reading;
    std::uint64_t work = 0;  // until the last tick
    BusyTally probes;        // the same
    RequestEvidence requests;
    std::uint64_t came_up = 0;  // Health::returns()
    TimePoint learns_from{};
    double trust = 0;  // 0 to 1: in its own measurements, now
  };
  struct Pool {
    Rules rules;
    TimePoint at{};  // of the last tick
    std::vector<Watched> backends;
  };
  struct Means;
  struct Since {  // the last tick
    Duration time{};
    double usual_cost = 0;  // as it was then
  };

  static void sample(Watched& watched, const Rules& rules, const Since& since, TimePoint now);
  static double reported_by_session(const std::vector<Watched>& backends, TimePoint now);
  static Means means_of(const std::vector<Watched>& backends, TimePoint now);
  static void publish(Watched& watched, const Means& means, TimePoint now);

  std::vector<Rules> rules_;
  std::vector<Pool> pools_;
};

}  // namespace pinion::balance
