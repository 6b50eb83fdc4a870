#include "session/id_claims.h"

#include <utility>

namespace pinion::session {

std::string IdClaims::word_of(AffinityKey key) {
  return std::to_string(key.pool).append(1, ':').append(key.id);
}

void IdClaims::add(AffinityKey key, Claim claim) {
  const std::lock_guard lock(mutex_);
  claims_.insert_or_assign(word_of(key), std::move(claim));
  size_.store(claims_.size(), std::memory_order_relaxed);
}

std::optional<IdClaims::Claim> IdClaims::take(AffinityKey key) {
  if (!any()) return std::nullopt;
  const std::lock_guard lock(mutex_);
  auto taken = claims_.extract(word_of(key));
  size_.store(claims_.size(), std::memory_order_relaxed);
  return taken ? std::optional(std::move(taken.mapped())) : std::nullopt;
}

}  // namespace pinion::session
