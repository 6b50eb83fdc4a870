// Runs a loop until something is so, with a deadline that only a hung test meets.
//
// Threads: the loop's.
#pragma once

#include "uv/loop.h"

namespace pinion::uv::test {

inline constexpr Duration kDeadline = std::chrono::seconds{20};

/// @returns whether it became so
template <typename Condition>
bool run_until(Loop& loop, const Condition& condition) {
  const TimePoint deadline = monotonic_now() + kDeadline;
  // Keeps the loop awake, so that the condition is looked at although nothing happens.
  uv_timer_t pulse{};
  uv_timer_init(loop.raw(), &pulse);
  uv_timer_start(&pulse, [](uv_timer_t*) {}, 1, 1);
  while (!condition() && monotonic_now() < deadline) loop.run_once();
  const bool met = condition();
  bool closed = false;
  pulse.data = &closed;
  uv_close(reinterpret_cast<uv_handle_t*>(&pulse),
           [](uv_handle_t* handle) { *static_cast<bool*>(handle->data) = true; });
  while (!closed) loop.run_once(Loop::Wait::none);
  return met;
}

}  // namespace pinion::uv::test
