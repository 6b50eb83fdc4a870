// Small numbers that stand for long-lived things, so that rooms can speak of them without knowing
// them.
#pragma once

#include <cstddef>
#include <cstdint>

namespace pinion {

/// Index of a backend in the registry; a backend keeps its own as long as the process lives.
using BackendId = std::uint32_t;
/// Index of a pool in the config; a pool keeps its own over reloads, as long as the process lives.
using PoolId = std::uint32_t;
/// Pools that one process may ever have had.
inline constexpr std::size_t kMostPools = 1024;

}  // namespace pinion
