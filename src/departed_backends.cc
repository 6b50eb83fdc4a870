#include "departed_backends.h"

namespace pinion {

using balance::Backend;
using balance::BackendSets;

void DepartedBackends::note(const BackendSets& before, const BackendSets& now) {
  std::unordered_set<const Backend*> here;
  for (const auto& set : now) here.insert(set->backends.begin(), set->backends.end());
  for (const auto& set : before) {
    for (Backend* const backend : set->backends) {
      if (!here.contains(backend)) departed_.insert(backend);
    }
  }
}

std::vector<Backend*> DepartedBackends::take_back(const BackendSets& now) {
  std::vector<Backend*> undrained;
  for (const auto& set : now) {
    for (Backend* const backend : set->backends) {
      if (departed_.erase(backend) == 0) continue;
      if (backend->set_draining(false)) undrained.push_back(backend);
    }
  }
  return undrained;
}

}  // namespace pinion
