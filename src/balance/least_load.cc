// The default policy: the least busy share that is to be expected, by weight. A backend whose
// probes wait long is hot, and taken only when all are; then the one where they wait least. Where
// the measurements say nothing, or no more than noise, it counts: sessions per weight, then
// requests in flight, then the bytes that the backend has not read yet.
#include <algorithm>
#include <limits>

#include "balance/policy.h"

namespace pinion::balance {
namespace {

// Busy shares that differ by less are equal: one mean session more or less is of that order.
constexpr double kNoise = 0.01;
// Where nobody is busier than this nobody waits, so counting spreads what comes later best.
constexpr double kNobodyWaits = 0.05;

bool fewer(const Candidate& a, const Candidate& b) noexcept {
  if (less_per_weight(a.assigned.total(), a.weight, b.assigned.total(), b.weight)) return true;
  if (less_per_weight(b.assigned.total(), b.weight, a.assigned.total(), a.weight)) return false;
  if (less_per_weight(a.inflight, a.weight, b.inflight, b.weight)) return true;
  if (less_per_weight(b.inflight, b.weight, a.inflight, a.weight)) return false;
  return less_per_weight(a.queued, a.weight, b.queued, b.weight);
}

// Up to which busy share a candidate is as good as the least busy one.
double good_enough(std::span<const Candidate> candidates) noexcept {
  double trust = 0;
  bool all_report = true;
  double least = std::numeric_limits<double>::infinity();
  double most = 0;
  for (const Candidate& candidate : candidates) {
    if (candidate.load.hot) continue;
    trust = std::max(trust, candidate.load.trust);
    all_report = all_report && candidate.load.reported;
    least = std::min(least, candidate.load.busy);
    most = std::max(most, candidate.load.busy);
  }
  if (all_report) trust = 1;
  if (trust <= 0 || most <= kNobodyWaits) return most;
  // The less the measurements are to be trusted, the less they tell one from the other.
  return least + std::max(kNoise, (1 - trust) * (most - least));
}

}  // namespace

std::size_t least_load(std::span<const Candidate> candidates, Random& random) noexcept {
  const bool all_hot = std::all_of(candidates.begin(), candidates.end(),
                                   [](const Candidate& one) { return one.load.hot; });
  if (all_hot) {
    return least_of(candidates, random, [](const Candidate& a, const Candidate& b) {
      return a.load.wait < b.load.wait;
    });
  }
  const double enough = good_enough(candidates);
  return least_of(candidates, random, [enough](const Candidate& a, const Candidate& b) {
    const auto is_good = [enough](const Candidate& one) {
      return !one.load.hot && one.load.busy <= enough;
    };
    if (is_good(a) != is_good(b)) return is_good(a);
    return fewer(a, b);
  });
}

}  // namespace pinion::balance
