// Heads of HTTP/1.x messages, parsed whole and strictly: what is not of the grammar, or has been
// used to make two parties read differently (bare CR or LF, obs-fold, NUL, framing conflicts), is
// refused. llhttp judges the tests: what is accepted here, it accepts and reads likewise, but for
// methods and minor versions that it does not know.
//
// Threads: one worker's. A HeadParser has no state between messages; the bytes of a head that has
//   not arrived whole are kept by the caller, so that an idle connection owns nothing.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "http/head.h"

namespace pinion::http {

struct HeadLimits {
  std::size_t head = std::size_t{64} * 1024;  // bytes, start line and final empty line included
  std::size_t fields = 128;
  std::size_t url = std::size_t{16} * 1024;  // bytes of the request target
};

/// Why a head was refused. For a request each has its reply (`status_of`, `code_of`); from a
/// backend each is a 502.
enum class HeadError : unsigned char {
  none,
  malformed,              // 400
  bare_line_break,        // 400: CR or LF alone
  obsolete_fold,          // 400
  nul_byte,               // 400
  bad_host,               // 400: missing, repeated, malformed or contradicted by the target
  bad_content_length,     // 400: malformed, differing, or together with Transfer-Encoding
  bad_transfer_encoding,  // 400: anything but one final `chunked`
  url_too_long,           // 414
  head_too_large,         // 431
  too_many_fields,        // 431
  unknown_method,         // 501: CONNECT; any other is for the backend to judge
  bad_version,            // 505: not HTTP/1.x
};

/// The status of the reply to a request that was refused.
int status_of(HeadError error) noexcept;
/// A stable word for logs, metrics and the X-Pinion-Error field, e.g. "bad-host".
std::string_view code_of(HeadError error) noexcept;
/// One sentence for its client: what was wrong, and which limit it met.
std::string_view message_of(HeadError error) noexcept;

struct HeadResult {
  enum class Status : unsigned char { need_more, complete, failed };
  Status status = Status::need_more;
  HeadError error = HeadError::none;
  // Bytes of `in` that belong to the head: all of them for need_more, none for failed.
  std::size_t consumed = 0;
};

/// Reads the head of a request. `partial` carries an incomplete head from call to call and is empty
/// again (and without memory) once a head is complete or refused. Up to four empty lines before the
/// request line are skipped (RFC 9112, 2.2). Faults are found with the end of their line and the
/// start line's and the limits' as early as they can be; the outcome does not depend on how the
/// bytes were cut. Of a head that is refused `head` has the method and the fields before the fault,
/// as read_sound_part() finds them, and else nothing that means something.
HeadResult read_request_head(std::string& partial, std::string_view in, const HeadLimits& limits,
                             RequestHead& head);

/// What a reply has to know of a request whose head is at fault or has not come whole: its method
/// (empty if not even that can be told) and the fields of the whole lines before the fault.
/// @param bytes what has come of the head
void read_sound_part(std::string_view bytes, const HeadLimits& limits, RequestHead& head);

/// Reads the head of a response to a request with `method`, in the same way, but without empty
/// lines before it; a 1xx is a head of its own.
HeadResult read_response_head(std::string& partial, std::string_view in, const HeadLimits& limits,
                              std::string_view method, ResponseHead& head);

}  // namespace pinion::http
