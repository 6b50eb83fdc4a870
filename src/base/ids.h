// Small numbers that stand for long-lived things, so that rooms can speak of them without knowing
// them.
#pragma once

#include <cstdint>

namespace pinion {

/// Index of a backend in the registry; a backend keeps its own as long as the process lives.
using BackendId = std::uint32_t;
/// Index of a pool in the config.
using PoolId = std::uint32_t;

}  // namespace pinion
