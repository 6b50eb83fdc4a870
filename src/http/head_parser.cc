#include "http/head_parser.h"

#include <algorithm>

#include "base/ascii.h"
#include "http/chars.h"
#include "http/control_fields.h"
#include "http/head_scan.h"

namespace pinion::http {
namespace {

constexpr std::string_view kVersion = "HTTP/1.x";

/// A version above 1.1 is read as the highest that we know (RFC 9110, 2.5).
int minor_version(char digit) noexcept { return digit == '0' ? 0 : 1; }

/// @param lines whole field lines that scan_head() has let pass, and the empty one behind them
HeadError take_fields(std::string_view lines, std::size_t most, Fields& fields) {
  while (lines.front() != '\r') {
    if (fields.size() == most) return HeadError::too_many_fields;
    const auto colon = lines.find(':');
    const auto end = lines.find('\r', colon);
    fields.take(lines.substr(0, colon), trim_ows(lines.substr(colon + 1, end - colon - 1)));
    lines.remove_prefix(end + 2);
  }
  return HeadError::none;
}

/// @param bytes one whole head that has passed scan_head()
HeadError parse_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  head.clear();
  const std::string_view text = head.fields.begin(bytes);
  const auto method = text.find(' ');
  const auto target = method + 1;
  const auto version = text.find(' ', target) + 1;
  const auto line_end = version + kVersion.size();
  head.method = text.substr(0, method);
  head.target = text.substr(target, version - 1 - target);
  head.minor_version = minor_version(text[line_end - 1]);
  const HeadError error = take_fields(text.substr(line_end + 2), limits.fields, head.fields);
  return error != HeadError::none ? error : interpret_request(head);
}

HeadError parse_head(std::string_view bytes, const HeadLimits& limits, std::string_view method,
                     ResponseHead& head) {
  head.clear();
  const std::string_view text = head.fields.begin(bytes);
  const std::string_view line = text.substr(0, text.find('\r'));
  // `HTTP/1.1 200 OK`; the space behind the code may be missing.
  head.minor_version = minor_version(line[kVersion.size() - 1]);
  const std::string_view code = line.substr(kVersion.size() + 1, 3);
  head.status = static_cast<int>(*parse_decimal(code));
  if (line.size() > kVersion.size() + 5) head.reason = line.substr(kVersion.size() + 5);
  const HeadError error = take_fields(text.substr(line.size() + 2), limits.fields, head.fields);
  return error != HeadError::none ? error : interpret_response(head, method);
}

/// Finds a whole head in `partial` and `in` and hands it to `parse`, which tells what is wrong with
/// it; what cannot be one goes to `keep_sound`.
template <typename Parse, typename KeepSound>
HeadResult read_head(std::string& partial, std::string_view in, HeadKind kind,
                     const HeadLimits& limits, Parse parse, KeepSound keep_sound) {
  const std::size_t before = partial.size();
  std::string_view bytes = in;
  if (before != 0) {
    partial.append(in.substr(0, limits.head - std::min(before, limits.head)));
    bytes = partial;
  }
  const HeadScan scan = scan_head(bytes, before, kind, limits);
  HeadResult result;
  result.error = scan.error;
  if (scan.error == HeadError::none && scan.end == 0) {
    if (before == 0) partial.assign(in);
    result.consumed = in.size();
    return result;
  }
  if (result.error == HeadError::none) {
    result.error = parse(bytes.substr(scan.begin, scan.end - scan.begin));
  } else {
    keep_sound(bytes);
  }
  if (result.error == HeadError::none) {
    result.status = HeadResult::Status::complete;
    result.consumed = scan.end - before;
  } else {
    result.status = HeadResult::Status::failed;
  }
  // Not clear(): a connection that waits for its next request owns no memory.
  std::string().swap(partial);
  return result;
}

}  // namespace

HeadResult read_request_head(std::string& partial, std::string_view in, const HeadLimits& limits,
                             RequestHead& head) {
  return read_head(
      partial, in, HeadKind::request, limits,
      [&](std::string_view bytes) { return parse_head(bytes, limits, head); },
      [&](std::string_view bytes) { read_sound_part(bytes, limits, head); });
}

void read_sound_part(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  head.clear();
  const HeadScan scan = scan_head(bytes, 0, HeadKind::request, limits);
  const std::string_view text = bytes.substr(scan.begin);
  const std::size_t method = span_of(text.substr(0, kMaxMethod + 1), kTokenChar);
  if (method > kMaxMethod || text.substr(method, 1) != " ") return;
  head.method = text.substr(0, method);
  if (scan.sound <= scan.begin) return;
  std::string lines(text.substr(0, scan.sound - scan.begin));
  const std::string_view copy = head.fields.begin(lines.append("\r\n"));
  (void)take_fields(copy.substr(copy.find('\n') + 1), limits.fields, head.fields);
}

HeadResult read_response_head(std::string& partial, std::string_view in, const HeadLimits& limits,
                              std::string_view method, ResponseHead& head) {
  return read_head(
      partial, in, HeadKind::response, limits,
      [&](std::string_view bytes) { return parse_head(bytes, limits, method, head); },
      [](std::string_view /*bytes*/) {});
}

}  // namespace pinion::http
