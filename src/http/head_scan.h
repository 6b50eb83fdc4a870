// The first pass over a head: finds its end and refuses, byte by byte as they come, what no lenient
// parser behind us may ever see. llhttp 8.1, for one, takes LF for CRLF, a bare CR for the end of a
// field and a folded line for more of the value; each of these has been used to smuggle requests.
// What has passed is split without another look at the grammar.
//
// Threads: pure functions.
// Invariants: what a head is refused for depends on its bytes alone, not on how they were cut: each
//   fault is found at the end of its line or at a fixed position, and the earliest one wins.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head_parser.h"

namespace pinion::http {

enum class HeadKind : unsigned char { request, response };

/// Empty lines that are skipped before a request line (RFC 9112, 2.2 asks for one at least).
inline constexpr std::size_t kMaxEmptyLines = 4;
/// The longest method that is looked at; the longest registered one has 17 letters.
inline constexpr std::size_t kMaxMethod = 32;

struct HeadScan {
  std::size_t begin = 0;  // of the start line, behind empty lines
  std::size_t end = 0;    // one past the final empty line; 0 while that has not come
  std::size_t sound = 0;  // one past the last line in order, if it has been seen from the beginning
  HeadError error = HeadError::none;
};

/// @param bytes all bytes of the head that have come, and maybe more behind it
/// @param scanned how many of them an earlier call has seen without finding an end or a fault
HeadScan scan_head(std::string_view bytes, std::size_t scanned, HeadKind kind,
                   const HeadLimits& limits) noexcept;

}  // namespace pinion::http
