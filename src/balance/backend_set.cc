#include "balance/backend_set.h"

#include <algorithm>
#include <string_view>
#include <unordered_set>

#include "base/check.h"

namespace pinion::balance {

void BackendSet::add(Backend& backend) {
  weights.push_back(total_weight() + backend.weight());
  backends.push_back(&backend);
}

void BackendSet::find_namesakes() {
  std::unordered_set<std::string_view> names;
  shared_names.clear();
  for (const Backend* const backend : backends) {
    const std::string& name = backend->identity().name;
    if (!names.insert(name).second) shared_names.push_back(name);
  }
  std::ranges::sort(shared_names);
}

bool BackendSet::shares_name(const Backend& backend) const noexcept {
  return std::ranges::binary_search(shared_names, backend.identity().name);
}

bool BackendSet::has(const Backend& backend) const noexcept {
  return std::find(backends.begin(), backends.end(), &backend) != backends.end();
}

Backend* BackendSet::now_called(Backend& backend) const {
  if (has(backend)) return &backend;
  const std::string address = backend.identity().address.to_string();
  const auto at = std::ranges::find_if(backends, [&](const Backend* each) {
    return each->identity().address.to_string() == address;
  });
  return at == backends.end() ? nullptr : *at;
}

Backend& BackendSet::at_weight(std::uint64_t weight) const noexcept {
  const auto at = std::upper_bound(weights.begin(), weights.end(), weight);
  PINION_CHECK(at != weights.end(), "the weight is one of the set's");
  return *backends[static_cast<std::size_t>(at - weights.begin())];
}

bool BackendSet::may_take_sessions(TimePoint now) const noexcept {
  return std::any_of(backends.begin(), backends.end(),
                     [now](const Backend* b) { return b->may_take_sessions(now); });
}

}  // namespace pinion::balance
