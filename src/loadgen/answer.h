// An HTTP answer, as far as a session looks at it.
//
// Threads: a value.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "http/head.h"

namespace pinion::loadgen {

struct Answer {
  int status = 0;
  std::optional<std::uint64_t> retry_after;  // seconds; a date is not read
  std::string_view body;                     // of one that refuses an upgrade: the beginning of it
};

/// The wait that a Retry-After asks for, in seconds (RFC 9110, 10.2.3).
std::optional<std::uint64_t> retry_after_of(const http::Fields& fields) noexcept;

}  // namespace pinion::loadgen
