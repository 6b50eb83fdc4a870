// Backends that a reload took out of the config. One that comes back takes sessions again, though
// it was told to drain meanwhile.
//
// Threads: one, the main thread.
// Lifetime: the backends outlive it.
#pragma once

#include <unordered_set>
#include <vector>

#include "balance/backend_set.h"

namespace pinion {

class DepartedBackends {
 public:
  /// Remembers those of `before` that a new config has no more.
  void note(const balance::BackendSets& before, const balance::BackendSets& now);
  /// The same of one that was kept for a while.
  void add(balance::Backend& backend) { departed_.insert(&backend); }
  /// Those that are there again, at once or when their names are resolved, drain no longer.
  /// @returns whose order to drain that has undone
  std::vector<balance::Backend*> take_back(const balance::BackendSets& now);

 private:
  std::unordered_set<balance::Backend*> departed_;
};

}  // namespace pinion
