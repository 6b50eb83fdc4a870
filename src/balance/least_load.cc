// The default policy: the least busy share that is to be expected, by weight. A backend whose
// probes wait long is hot, and taken only when all are; then one of those where they wait least.
// Where the measurements say nothing, or no more than noise, it counts: sessions per weight, then
// requests in flight, then the bytes that the backend has not read yet.
#include <algorithm>
#include <limits>

#include "balance/policy.h"

namespace pinion::balance {
namespace {

// Of a busy share, whatever the weight: those that differ by less are equal, since one mean session
// more or less is of that order.
constexpr double kNoise = 0.01;
// Where nobody is busier than this nobody waits, so counting spreads what comes later best.
constexpr double kNobodyWaits = 0.05;
// A wait is the mean of a few probes. Those up to so many times the least are equal, or all who
// come until the next look would go to one.
constexpr int kAlikeWaits = 2;

bool fewer(const Candidate& a, const Candidate& b) noexcept {
  if (less_per_weight(a.assigned.total(), a.weight, b.assigned.total(), b.weight)) return true;
  if (less_per_weight(b.assigned.total(), b.weight, a.assigned.total(), a.weight)) return false;
  if (less_per_weight(a.inflight, a.weight, b.inflight, b.weight)) return true;
  if (less_per_weight(b.inflight, b.weight, a.inflight, a.weight)) return false;
  return less_per_weight(a.queued, a.weight, b.queued, b.weight);
}

// How long the probes of one may wait to be chosen from.
Duration longest_wait(std::span<const Candidate> candidates) noexcept {
  Duration least = Duration::max() / kAlikeWaits;
  for (const Candidate& one : candidates) {
    if (!one.load.hot) return Duration::max();
    least = std::min(least, one.load.wait);
  }
  return kAlikeWaits * least;
}

// How busy each candidate is to be taken for, by its weight, and how busy one may be that is as
// good as the best.
class Busy {
 public:
  explicit Busy(std::span<const Candidate> candidates) noexcept
      : longest_wait_(longest_wait(candidates)) {
    double reported = 0;
    std::uint64_t sessions = 0;
    for (const Candidate& candidate : candidates) {
      if (!may_be_chosen(candidate) || !candidate.load.reported) continue;
      some_report_ = true;
      reported += candidate.load.busy * candidate.weight;
      sessions += candidate.assigned.total() + 1;
    }
    if (some_report_) of_session_ = reported / static_cast<double>(sessions);
    find_good_enough(candidates);
  }

  [[nodiscard]] bool is_good(const Candidate& one) const noexcept {
    return may_be_chosen(one) && (!told_ || of(one) <= least_ + alike(one));
  }

 private:
  // If any is not hot, no other.
  [[nodiscard]] bool may_be_chosen(const Candidate& one) const noexcept {
    return longest_wait_ == Duration::max() ? !one.load.hot : one.load.wait <= longest_wait_;
  }

  // Beside some that say how busy they are, one that says nothing and is not measured either is not
  // idle: a session is taken to cost there what it costs those.
  [[nodiscard]] double of(const Candidate& one) const noexcept {
    if (one.load.reported || !some_report_) return one.load.busy;
    const double supposed =
        of_session_ * static_cast<double>(one.assigned.total() + 1) / one.weight;
    return one.load.trust * one.load.busy + (1 - one.load.trust) * supposed;
  }

  // The same for one that has all that it can do.
  static double all_of(const Candidate& one) noexcept {
    return static_cast<double>(Backend::kWeightUnit) / one.weight;
  }

  void find_good_enough(std::span<const Candidate> candidates) noexcept {
    double trust = some_report_ ? 1 : 0;
    double most = 0;
    double most_that_keep_up = 0;
    double busiest = 0;
    for (const Candidate& candidate : candidates) {
      if (!may_be_chosen(candidate)) continue;
      const double busy = of(candidate);
      const double all = all_of(candidate);
      trust = std::max(trust, candidate.load.trust);
      least_ = std::min(least_, busy);
      most = std::max(most, busy);
      most_that_keep_up = std::max(most_that_keep_up, std::min(busy, all));
      busiest = std::max(busiest, busy / all);
    }
    told_ = trust > 0 && busiest > kNobodyWaits;
    doubt_ = 1 - trust;
    some_keep_up_ = most_that_keep_up > least_;
    farthest_ = some_keep_up_ ? most_that_keep_up : most;
  }

  // By how much a busy share may be above the least and be no worse. The less the measurements are
  // to be trusted, the less they tell one from the other. By how much one cannot keep up makes
  // others no more alike.
  [[nodiscard]] double alike(const Candidate& one) const noexcept {
    const double all = all_of(one);
    const double far = some_keep_up_ ? std::min(farthest_, std::max(all, least_)) : farthest_;
    return std::max(kNoise * all, doubt_ * (far - least_));
  }

  Duration longest_wait_;
  bool some_report_ = false;
  bool told_ = false;      // the measurements say something
  double of_session_ = 0;  // busy share, times weight, where it is reported
  double doubt_ = 0;       // 0 to 1
  // By weight: the least, and the one farthest from it.
  double least_ = std::numeric_limits<double>::infinity();
  double farthest_ = 0;
  bool some_keep_up_ = false;
};

}  // namespace

std::size_t least_load(std::span<const Candidate> candidates, Random& random) noexcept {
  const Busy busy(candidates);
  return least_of(candidates, random, [&busy](const Candidate& a, const Candidate& b) {
    const bool a_is_good = busy.is_good(a);
    return a_is_good == busy.is_good(b) ? fewer(a, b) : a_is_good;
  });
}

}  // namespace pinion::balance
