// Durations and sizes as people write them: a whole number and a unit.
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace pinion::config {

/// "250ms", "10s", "5m", "1h", or "0". The error says what is wrong and what to write instead.
std::expected<Duration, std::string> parse_duration(std::string_view text);

/// The shortest text that parse_duration reads as the same time; "0s" for zero. Whole milliseconds
/// from 0.
std::string format_duration(Duration duration);

/// Bytes: "512B", "64KiB", "1MiB", "1GiB", "2TiB", or "0". The error says what is wrong and what to
/// write.
std::expected<std::uint64_t, std::string> parse_size(std::string_view text);

/// The shortest text that parse_size reads as the same number of bytes; "0" for zero.
std::string format_size(std::uint64_t bytes);

}  // namespace pinion::config
