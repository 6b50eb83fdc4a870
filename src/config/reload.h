// What a file that was read again changes of the config that is running.
//
// Threads: pure functions.
// Invariants: a pool keeps its index for as long as the process lives, since sessions and backends
//   are known by it. One that has left the file stays as `retired`, without backends.
#pragma once

#include <cstddef>
#include <expected>
#include <string>
#include <vector>

#include "config/config.h"

namespace pinion::config {

/// Routes of earlier configs that are remembered.
inline constexpr std::size_t kMostFormerRoutes = 1000;

struct Reload {
  Config config;  // to be run from now on
  // In words, a line each.
  std::vector<std::string> changes;   // in force from now on
  std::vector<std::string> restarts;  // keep their values until pinion is started again
};

/// @param loaded as read from the file. The error is one line: what cannot be without a restart.
std::expected<Reload, std::string> plan_reload(const Config& running, Config loaded);

}  // namespace pinion::config
