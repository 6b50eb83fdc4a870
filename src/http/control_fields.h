// What the fields that steer a message say: Host, framing, persistence, upgrade, expectation. They
// are judged here once, so that no later code looks at them again.
//
// Threads: pure functions.
#pragma once

#include <cstddef>
#include <string_view>

#include "http/head.h"
#include "http/head_parser.h"

namespace pinion::http {

/// All Connection values together may have so many bytes: each field that is forwarded is looked up
/// in them, which must stay cheap.
inline constexpr std::size_t kMaxConnectionBytes = 1024;

/// Sets everything in `head` that follows from its method, target, version and fields.
HeadError interpret_request(RequestHead& head);

/// The same for a response, whose framing depends on the request's method (RFC 9112, 6.3).
HeadError interpret_response(ResponseHead& head, std::string_view method) noexcept;

}  // namespace pinion::http
