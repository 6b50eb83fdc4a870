// What the kernel says about a process: its CPU time and its own memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace pinion::bench {

/// Nanoseconds of CPU that all threads of the processes have used, in user space and in the kernel
/// (/proc/PID/task/*/schedstat).
[[nodiscard]] std::uint64_t cpu_ns(const std::vector<int>& processes);

/// Bytes of the processes in memory: of their own (RssAnon in /proc/PID/status), and with the pages
/// of their binaries (VmRSS; pages that two of them share count twice).
struct Memory {
  std::uint64_t anonymous = 0, resident = 0;

  bool operator==(const Memory&) const = default;
};
[[nodiscard]] Memory memory_of(const std::vector<int>& processes);

/// Descriptors that the processes have open.
[[nodiscard]] std::size_t descriptors_of(const std::vector<int>& processes);

}  // namespace pinion::bench
