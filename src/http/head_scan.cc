#include "http/head_scan.h"

#include <algorithm>

#include "http/chars.h"

namespace pinion::http {
namespace {

constexpr auto npos = std::string_view::npos;
constexpr std::string_view kVersionPrefix = "HTTP/";
constexpr std::size_t kVersionSize = 8;  // HTTP/1.1

bool is_digit(char c) noexcept { return c >= '0' && c <= '9'; }

HeadError fault_of(char c) noexcept {
  if (c == '\0') return HeadError::nul_byte;
  if (c == '\r' || c == '\n') return HeadError::bare_line_break;
  return HeadError::malformed;
}

/// The version at the beginning of `text`, which has at least kVersionSize bytes.
HeadError check_version(std::string_view text) noexcept {
  const bool shaped =
      text.starts_with(kVersionPrefix) && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
  if (!shaped) return HeadError::malformed;
  return text[5] == '1' ? HeadError::none : HeadError::bad_version;
}

/// What can be said of a request line before its end has come: so that a TLS handshake or an
/// endless URL is refused at once. A pass over the whole target happens only around the byte that
/// is too many.
HeadError check_request_prefix(std::string_view line, std::size_t url_limit) noexcept {
  const std::string_view start = line.substr(0, kMaxMethod + 1);
  const std::size_t method = span_of(start, kTokenChar);
  if (method > kMaxMethod) return HeadError::malformed;
  if (method == line.size()) return HeadError::none;
  if (line[method] != ' ') {
    const bool at_line_end = line[method] == '\r' && method + 1 == line.size();
    return at_line_end ? HeadError::none : fault_of(line[method]);
  }
  if (method == 0) return HeadError::malformed;
  const std::string_view rest = line.substr(method + 1);
  if (rest.size() <= url_limit) return HeadError::none;
  const auto space = rest.substr(0, url_limit + 1).find(' ');
  if (space == npos) {
    // Only the line's own CR, if it is that, may stand where one byte too many would be.
    return rest.size() == url_limit + 1 && rest.back() == '\r' ? HeadError::none
                                                               : HeadError::url_too_long;
  }
  const bool overlong = rest.size() - space - 1 > kVersionSize + 1;
  return overlong ? HeadError::malformed : HeadError::none;
}

HeadError check_request_line(std::string_view line) noexcept {
  const auto first = line.find(' ');
  if (first == npos) return HeadError::malformed;
  const std::string_view rest = line.substr(first + 1);
  const std::size_t target = span_of_target(rest);
  if (target == rest.size()) return HeadError::malformed;  // HTTP/0.9: no version
  if (rest[target] != ' ') return fault_of(rest[target]);
  if (target == 0) return HeadError::malformed;
  const std::string_view version = rest.substr(target + 1);
  if (version.size() != kVersionSize) {
    const std::size_t text = span_of_text(version);
    return text == version.size() ? HeadError::malformed : fault_of(version[text]);
  }
  return check_version(version);
}

HeadError check_status_prefix(std::string_view line) noexcept {
  const std::size_t have = std::min(line.size(), kVersionPrefix.size());
  return line.substr(0, have) == kVersionPrefix.substr(0, have) ? HeadError::none
                                                                : HeadError::malformed;
}

/// RFC 9112, 4; but the space before an empty reason may be missing, as many servers leave it out.
HeadError check_status_line(std::string_view line) noexcept {
  if (line.size() < kVersionSize + 4) return HeadError::malformed;
  if (const auto error = check_version(line); error != HeadError::none) return error;
  const std::string_view code = line.substr(kVersionSize, 4);
  const bool shaped =
      code[0] == ' ' && code[1] >= '1' && code[1] <= '9' && is_digit(code[2]) && is_digit(code[3]);
  if (!shaped) return HeadError::malformed;
  const std::string_view reason = line.substr(kVersionSize + 4);
  if (!reason.empty() && reason[0] != ' ') return fault_of(reason[0]);
  const std::size_t text = span_of_text(reason);
  return text == reason.size() ? HeadError::none : fault_of(reason[text]);
}

HeadError check_field_line(std::string_view line) noexcept {
  if (line[0] == ' ' || line[0] == '\t') return HeadError::obsolete_fold;
  const std::size_t name = span_of(line, kTokenChar);
  if (name == line.size()) return HeadError::malformed;
  if (line[name] != ':') return fault_of(line[name]);
  if (name == 0) return HeadError::malformed;
  const std::string_view value = line.substr(name + 1);
  const std::size_t text = span_of_text(value);
  return text == value.size() ? HeadError::none : fault_of(value[text]);
}

/// Passes over whole field lines from `at` on that are in order, without looking for their ends
/// first. @returns where a line begins that is something else
std::size_t pass_fields(std::string_view view, std::size_t at) noexcept {
  for (;;) {
    const std::string_view line = view.substr(at);
    const std::size_t name = span_of(line, kTokenChar);
    if (name == 0 || name == line.size() || line[name] != ':') return at;
    const std::size_t end = name + 1 + span_of_text(line.substr(name + 1));
    if (!line.substr(end).starts_with("\r\n")) return at;
    at += end + 2;
  }
}

/// @param line with the CR of its end, without the LF
HeadError check_line(std::string_view line, bool is_first, HeadKind kind,
                     const HeadLimits& limits) noexcept {
  if (is_first) {
    const auto early = kind == HeadKind::request ? check_request_prefix(line, limits.url)
                                                 : check_status_prefix(line);
    if (early != HeadError::none) return early;
  }
  if (line.empty() || line.back() != '\r') return HeadError::bare_line_break;
  line.remove_suffix(1);
  if (!is_first) return check_field_line(line);
  return kind == HeadKind::request ? check_request_line(line) : check_status_line(line);
}

/// Skips empty lines; a fault if there are too many of them or one is a bare CR.
HeadScan skip_empty_lines(std::string_view view) noexcept {
  HeadScan scan;
  for (std::size_t lines = 0; view.substr(scan.begin, 1) == "\r"; ++lines) {
    if (lines == kMaxEmptyLines) {
      scan.error = HeadError::malformed;
      return scan;
    }
    if (scan.begin + 1 == view.size()) return scan;
    if (view[scan.begin + 1] != '\n') {
      scan.error = HeadError::bare_line_break;
      return scan;
    }
    scan.begin += 2;
  }
  return scan;
}

/// Where the line begins that was unfinished when `scanned` bytes had come. It is searched
/// backwards and only when the line's end has come, so that no byte is passed over twice.
std::size_t line_start(std::string_view view, std::size_t begin, std::size_t scanned) noexcept {
  if (scanned <= begin) return begin;
  const auto last_break = view.rfind('\n', scanned - 1);
  return last_break == npos ? begin : std::max(begin, last_break + 1);
}

/// The start line, if it is what is unfinished.
HeadError check_unfinished(std::string_view view, std::size_t begin, std::size_t scanned,
                           HeadKind kind, const HeadLimits& limits) noexcept {
  const std::string_view text = view.substr(begin);
  if (kind == HeadKind::response) return check_status_prefix(text);
  if (text == "\r") return HeadError::none;  // an empty line, maybe
  // An earlier call would have refused a request line that is as long as this.
  if (scanned > begin + kMaxMethod + limits.url + kVersionSize + 4) return HeadError::none;
  return text.find('\n') == npos ? check_request_prefix(text, limits.url) : HeadError::none;
}

}  // namespace

HeadScan scan_head(std::string_view bytes, std::size_t scanned, HeadKind kind,
                   const HeadLimits& limits) noexcept {
  const std::string_view view = bytes.substr(0, limits.head);
  HeadScan scan;
  if (kind == HeadKind::request) scan = skip_empty_lines(view);
  if (scan.error != HeadError::none) return scan;

  auto line_end = view.find('\n', std::max(scanned, scan.begin));
  std::size_t line_at = scan.begin;
  if (line_end != npos) line_at = line_start(view, scan.begin, scanned);
  for (; line_end != npos; line_end = view.find('\n', line_at)) {
    const std::string_view line = view.substr(line_at, line_end - line_at);
    const bool is_first = line_at == scan.begin;
    if (line == "\r" && !is_first) {
      scan.end = line_end + 1;
      return scan;
    }
    scan.error = check_line(line, is_first, kind, limits);
    if (scan.error != HeadError::none) return scan;
    line_at = pass_fields(view, line_end + 1);
    scan.sound = line_at;
  }
  if (line_at == scan.begin) {
    scan.error = check_unfinished(view, scan.begin, scanned, kind, limits);
  }
  if (scan.error == HeadError::none && bytes.size() >= limits.head) {
    scan.error = HeadError::head_too_large;
  }
  return scan;
}

}  // namespace pinion::http
