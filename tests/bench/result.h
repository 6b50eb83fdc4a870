// What a program of the benchmark has measured, and the line of JSON that tests/bench/run reads.
//
// Threads: values.
#pragma once

#include <cstdint>

#include "load.h"
#include "usage.h"

namespace pinion::bench {

struct Result {
  double seconds = 0;
  std::uint64_t operations = 0;
  std::uint64_t proxy_ns = 0, tool_ns = 0;  // of CPU
  Memory start, peak, end;  // of the proxy: before the sessions, with them, after them
  Storm storm;
};

/// Nanoseconds of CPU that this process has used.
[[nodiscard]] std::uint64_t own_cpu_ns();

/// Prints both to stdout. Reorders the delays.
void print(const Result& result, Tally& tally);

}  // namespace pinion::bench
