// How much memory the process has, by the kernel's word.
//
// Threads: any.
#pragma once

#include <cstdint>

namespace pinion {

/// Bytes; 0 when the kernel does not tell.
std::uint64_t resident_bytes();

}  // namespace pinion
