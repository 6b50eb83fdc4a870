#include "balance/shares.h"

namespace pinion::balance {

std::vector<std::uint64_t> excess(std::span<const Share> shares) {
  std::uint64_t sessions = 0;
  std::uint64_t weights = 0;
  for (const Share& share : shares) {
    sessions += share.sessions;
    weights += share.weight;
  }
  std::vector<std::uint64_t> above;
  if (weights == 0) return above;
  above.reserve(shares.size());
  for (const Share& share : shares) {
    const std::uint64_t part = (sessions * share.weight + weights - 1) / weights;
    above.push_back(share.sessions > part ? share.sessions - part : 0);
  }
  return above;
}

}  // namespace pinion::balance
