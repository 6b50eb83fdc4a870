// The rows of the table of keys, part by part, and what their bounds are counted in. key_table.h
// joins them; nobody else reads them.
//
// Threads: constant data.
// Invariants: keys of one section stand together within one part.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "config/key_table.h"

namespace pinion::config {

inline constexpr std::uint64_t kSecond = 1000;
inline constexpr std::uint64_t kMinute = 60 * kSecond;
inline constexpr std::uint64_t kHour = 60 * kMinute;
inline constexpr std::uint64_t kKiB = 1024;
inline constexpr std::uint64_t kMiB = 1024 * kKiB;
inline constexpr std::uint64_t kGiB = 1024 * kMiB;
inline constexpr std::uint64_t kTiB = 1024 * kGiB;

// A path may not be longer than the operating system takes (limits.h: PATH_MAX with its NUL).
inline constexpr std::uint64_t kLongestPath = 4095;
inline constexpr std::uint64_t kLongestUrlPath = 1024;
inline constexpr std::uint64_t kLongestAddress =
    262;  // a name of 253 characters, brackets and a port

/// [proxy] and the sections below it, [admin], [log].
std::span<const Key> keys_of_proxy();
/// [[pool]] and the sections below it, [[route]].
std::span<const Key> keys_of_pools();

}  // namespace pinion::config
