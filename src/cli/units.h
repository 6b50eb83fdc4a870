// Numbers as a person reads them.
//
// Threads: pure functions.
#pragma once

#include <cstdint>
#include <string>

namespace pinion::cli {

/// "0", "512", "12.1K", "3.0M": bytes in powers of 1024, at most six characters.
std::string human_bytes(double bytes);
/// "250ms", "12s", "1m01s", "3h12m", "5d04h": the two largest units.
std::string human_duration(double milliseconds);
/// "1234567" as "1,234,567".
std::string grouped(std::uint64_t number);

}  // namespace pinion::cli
