#include "balance/registry.h"

#include "base/check.h"

namespace pinion::balance {

Registry::Registry() { backends_.reserve(kMaxBackends); }

Backend* Registry::find_or_add(std::string_view configured_name, BackendIdentity identity) {
  std::string key = std::to_string(identity.pool) + ' ' + identity.address.to_string() + ' ';
  key += configured_name;
  if (const auto known = by_key_.find(key); known != by_key_.end()) {
    known->second->set_share(identity.weight, identity.max_sessions);
    return known->second;
  }
  if (backends_.size() == kMaxBackends) return nullptr;
  identity.id = static_cast<BackendId>(backends_.size());
  backends_.push_back(std::make_unique<Backend>(std::move(identity)));
  size_.store(backends_.size(), std::memory_order_release);
  return by_key_.emplace(key, backends_.back().get()).first->second;
}

const Backend* Registry::company_of(const Backend& backend) const {
  const std::string address = backend.identity().address.to_string();
  const std::size_t known = size();
  for (std::size_t id = 0; id < known; ++id) {
    const Backend& other = *backends_[id];
    if (&other == &backend || other.assigned().total() == 0) continue;
    if (other.identity().address.to_string() == address) return &other;
  }
  return nullptr;
}

Backend& Registry::by_id(BackendId id) const noexcept {
  PINION_CHECK(id < size(), "ids are given out by this registry");
  return *backends_[id];
}

}  // namespace pinion::balance
