// How the probes of a backend ended.
//
// Threads: written by the thread that probes, read by any.
// Lifetime: part of its Backend.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>

#include "base/counter.h"

namespace pinion::balance {

enum class ProbeResult : unsigned char { ok, connect, timeout, closed, status, bad_answer };
inline constexpr std::size_t kProbeResults = 6;

constexpr std::string_view to_string(ProbeResult result) noexcept {
  constexpr std::string_view kNames[kProbeResults] = {"ok",     "connect", "timeout",
                                                      "closed", "status",  "bad_answer"};
  return kNames[static_cast<std::size_t>(result)];
}

struct ProbeCounts {
  std::array<Counter, kProbeResults> by_result;

  [[nodiscard]] bool any() const noexcept {
    return std::ranges::any_of(by_result, [](const Counter& one) { return one.value() > 0; });
  }
  void count(ProbeResult result) noexcept { by_result[static_cast<std::size_t>(result)].add(); }
};

}  // namespace pinion::balance
