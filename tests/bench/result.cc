#include "result.h"

#include <sys/resource.h>

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <string>

namespace pinion::bench {
namespace {

double percentile(std::vector<std::uint32_t>& delays, double part) {
  if (delays.empty()) return 0;
  const auto at =
      delays.begin() + static_cast<std::ptrdiff_t>(part * static_cast<double>(delays.size() - 1));
  std::nth_element(delays.begin(), at, delays.end());
  return *at;
}

}  // namespace

std::uint64_t own_cpu_ns() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto ns = [](const timeval& time) {
    return static_cast<std::uint64_t>(time.tv_sec) * 1'000'000'000 +
           static_cast<std::uint64_t>(time.tv_usec) * 1'000;
  };
  return ns(used.ru_utime) + ns(used.ru_stime);
}

void print(const Result& result, Tally& tally) {
  const auto number = [](std::uint64_t value) { return static_cast<unsigned long long>(value); };
  // The first error is of this program or of a peer's first line: quotes are all that could hurt.
  std::string error = tally.first_error;
  std::replace_if(
      error.begin(), error.end(), [](char c) { return c == '"' || c == '\\' || c < ' '; }, '\'');
  std::printf(
      "{\"seconds\":%.6f,\"operations\":%llu,\"errors\":%llu,\"error\":\"%s\",\"proxy_ns\":%llu,"
      "\"tool_ns\":%llu,\"storm_frames\":%llu,\"storm_segments\":%llu,\"p50_us\":%.0f,"
      "\"p99_us\":%.0f",
      result.seconds, number(result.operations), number(tally.errors), error.c_str(),
      number(result.proxy_ns), number(result.tool_ns), number(result.storm.frames),
      number(result.storm.segments), percentile(tally.delays, 0.5), percentile(tally.delays, 0.99));
  const auto print_memory = [&](const char* when, const Memory& memory) {
    std::printf(",\"%s\":{\"anonymous\":%llu,\"resident\":%llu}", when, number(memory.anonymous),
                number(memory.resident));
  };
  print_memory("start", result.start);
  print_memory("peak", result.peak);
  print_memory("end", result.end);
  std::printf("}\n");
}

}  // namespace pinion::bench
