// The power of two choices (Mitzenmacher 2001): two at random, in proportion to their weights, and
// the one with fewer sessions per weight. Cheap for many backends, and does not herd on old counts.
#include <numeric>

#include "balance/policy.h"

namespace pinion::balance {
namespace {

std::size_t weighted_pick(std::span<const Candidate> candidates, std::uint64_t total,
                          std::size_t skip, Random& random) noexcept {
  std::uint64_t at = std::uniform_int_distribution<std::uint64_t>{0, total - 1}(random);
  for (std::size_t i = 0; i < candidates.size(); ++i) {
    if (i == skip) continue;
    if (at < candidates[i].weight) return i;
    at -= candidates[i].weight;
  }
  return skip;
}

}  // namespace

std::size_t random_two(std::span<const Candidate> candidates, Random& random) noexcept {
  if (candidates.size() == 1) return 0;
  const auto add = [](std::uint64_t sum, const Candidate& c) { return sum + c.weight; };
  const auto total = std::accumulate(candidates.begin(), candidates.end(), std::uint64_t{0}, add);
  const std::size_t first = weighted_pick(candidates, total, candidates.size(), random);
  const std::size_t second =
      weighted_pick(candidates, total - candidates[first].weight, first, random);
  const Candidate& a = candidates[first];
  const Candidate& b = candidates[second];
  return less_per_weight(b.assigned.total(), b.weight, a.assigned.total(), a.weight) ? second
                                                                                     : first;
}

}  // namespace pinion::balance
