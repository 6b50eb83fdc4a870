// The backends that there are to see, and what each is called: as it is shown, and asked for.
//
// Threads: any; a value, made anew for each question, since backends come and go.
// Lifetime: the backends outlive it; it holds the sets that it was made from.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "balance/backend_set.h"
#include "balance/registry.h"

namespace pinion {

class BackendNames {
 public:
  struct Entry {
    balance::Backend* backend = nullptr;
    const balance::BackendSet* set = nullptr;  // where it is in use; null: it has left the config
    std::string name;
  };

  BackendNames(const balance::Registry& registry, balance::BackendSets sets);

  /// Those of a pool in the order of the config, then those that have left and are not empty.
  [[nodiscard]] const std::vector<Entry>& all() const noexcept { return entries_; }
  /// Null when it is not among them.
  [[nodiscard]] const Entry* find(BackendId backend) const;
  [[nodiscard]] const Entry* find(std::string_view pool, std::string_view name) const;

 private:
  balance::BackendSets sets_;
  std::vector<Entry> entries_;
  std::unordered_map<BackendId, std::size_t> by_id_;  // where in entries_
};

/// Null when it has left the config.
const balance::BackendSet* set_of(const balance::Backend& backend,
                                  const balance::BackendSets& sets) noexcept;

}  // namespace pinion
