// Wall-clock time as logs write it.
// Threads: pure functions.
#pragma once

#include <chrono>
#include <string>

namespace pinion::log {

/// Appends UTC with milliseconds, e.g. 2026-01-02T03:04:05.678Z (RFC 3339).
void append_timestamp(std::string& out, std::chrono::system_clock::time_point time);

}  // namespace pinion::log
