// The moment at which tests begin that are told the time: long enough after zero to look back from.
//
// Threads: a constant.
#pragma once

#include "base/clock.h"

namespace pinion::test {

inline constexpr TimePoint kStart = TimePoint{} + std::chrono::hours{1};

}  // namespace pinion::test
