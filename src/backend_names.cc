#include "backend_names.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace pinion {

using balance::Backend;
using balance::BackendSet;
using balance::BackendSets;

BackendNames::BackendNames(const balance::Registry& registry, BackendSets sets)
    : sets_(std::move(sets)) {
  std::unordered_set<const Backend*> used;
  for (const auto& set : sets_) used.insert(set->backends.begin(), set->backends.end());
  std::vector<std::vector<Backend*>> departed(sets_.size());
  const std::size_t known = registry.size();
  for (BackendId id = 0; id < known; ++id) {
    Backend& backend = registry.by_id(id);
    if (backend.empty() || used.contains(&backend)) continue;
    const PoolId pool = backend.identity().pool;
    if (pool < departed.size()) departed[pool].push_back(&backend);
  }
  std::unordered_set<std::string_view> taken;  // in a pool
  for (std::size_t pool = 0; pool < sets_.size(); ++pool) {
    taken.clear();
    for (const auto& each : sets_[pool]->unresolved) taken.insert(each.name);
    const auto add = [&](Backend& backend, const BackendSet* set) {
      const balance::BackendIdentity& who = backend.identity();
      // Another address may have taken over the name of one that has left, or will when it is
      // resolved.
      const bool is_free = taken.insert(who.name).second;
      by_id_.emplace(who.id, entries_.size());
      entries_.push_back({.backend = &backend,
                          .set = set,
                          .name = is_free ? who.name : who.name + '@' + who.address.to_string()});
    };
    for (Backend* const backend : sets_[pool]->backends) add(*backend, sets_[pool].get());
    for (Backend* const backend : departed[pool]) add(*backend, nullptr);
  }
}

const BackendNames::Entry* BackendNames::find(BackendId backend) const {
  const auto at = by_id_.find(backend);
  return at == by_id_.end() ? nullptr : &entries_[at->second];
}

const BackendNames::Entry* BackendNames::find(std::string_view pool, std::string_view name) const {
  const auto at = std::ranges::find_if(entries_, [&](const Entry& entry) {
    return entry.backend->identity().pool_name == pool && entry.name == name;
  });
  return at == entries_.end() ? nullptr : &*at;
}

const BackendSet* set_of(const Backend& backend, const BackendSets& sets) noexcept {
  const PoolId pool = backend.identity().pool;
  return pool < sets.size() && sets[pool]->has(backend) ? sets[pool].get() : nullptr;
}

}  // namespace pinion
