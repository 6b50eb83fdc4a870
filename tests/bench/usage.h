// What the kernel says about a process: its CPU time and its own memory.
#pragma once

#include <cstdint>
#include <vector>

namespace pinion::bench {

/// Nanoseconds of CPU that all threads of the processes have used, in user space and in the kernel
/// (/proc/PID/task/*/schedstat).
[[nodiscard]] std::uint64_t cpu_ns(const std::vector<int>& processes);

/// Bytes of anonymous resident memory of the processes (RssAnon in /proc/PID/status).
[[nodiscard]] std::uint64_t anonymous_bytes(const std::vector<int>& processes);

}  // namespace pinion::bench
