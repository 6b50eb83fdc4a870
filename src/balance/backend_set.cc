#include "balance/backend_set.h"

#include <algorithm>

namespace pinion::balance {

bool BackendSet::takes_sessions() const noexcept {
  return std::any_of(backends.begin(), backends.end(),
                     [](const Backend* b) { return b->takes_sessions(); });
}

}  // namespace pinion::balance
