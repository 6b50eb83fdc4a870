#include "balance/shares.h"

#include <algorithm>

namespace pinion::balance {

namespace {

std::uint64_t part_of(const Share& share, std::uint64_t sessions, std::uint64_t weights) noexcept {
  return weights == 0 ? 0 : (sessions * share.weight + weights - 1) / weights;
}

}  // namespace

// Those whose part is more than they may have get that, until no other has. What is left is for
// the rest, by weight.
std::vector<std::uint64_t> parts(std::span<const Share> shares) {
  std::vector<std::uint64_t> parts(shares.size());
  std::vector<bool> limited(shares.size(), false);
  std::uint64_t sessions = 0;
  std::uint64_t weights = 0;
  for (const Share& share : shares) {
    sessions += share.sessions;
    weights += share.weight;
  }
  for (bool found = true; found;) {
    found = false;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      const Share& share = shares[i];
      if (limited[i] || share.most >= part_of(share, sessions, weights)) continue;
      found = true;
      limited[i] = true;
      parts[i] = share.most;
      sessions -= std::min(sessions, share.most);
      weights -= share.weight;
    }
  }
  for (std::size_t i = 0; i < shares.size(); ++i) {
    if (!limited[i]) parts[i] = part_of(shares[i], sessions, weights);
  }
  return parts;
}

std::vector<std::uint64_t> excess(std::span<const Share> shares) {
  const auto parts = balance::parts(shares);
  std::vector<std::uint64_t> above;
  above.reserve(shares.size());
  std::uint64_t room = 0;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const std::uint64_t sessions = shares[i].sessions;
    room += std::min(parts[i], shares[i].most) - std::min(sessions, parts[i]);
    above.push_back(sessions > parts[i] ? sessions - parts[i] : 0);
  }
  for (std::uint64_t& each : above) {
    each = std::min(each, room);
    room -= each;
  }
  return above;
}

}  // namespace pinion::balance
