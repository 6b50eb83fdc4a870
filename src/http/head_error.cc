#include "http/head_parser.h"

namespace pinion::http {

int status_of(HeadError error) noexcept {
  switch (error) {
    case HeadError::none:
      return 200;
    case HeadError::url_too_long:
      return 414;
    case HeadError::head_too_large:
    case HeadError::too_many_fields:
      return 431;
    case HeadError::unknown_method:
      return 501;
    case HeadError::bad_version:
      return 505;
    case HeadError::malformed:
    case HeadError::bare_line_break:
    case HeadError::obsolete_fold:
    case HeadError::nul_byte:
    case HeadError::bad_host:
    case HeadError::bad_content_length:
    case HeadError::bad_transfer_encoding:
      break;
  }
  return 400;
}

std::string_view code_of(HeadError error) noexcept {
  switch (error) {
    case HeadError::none:
      return "none";
    case HeadError::malformed:
      return "malformed";
    case HeadError::bare_line_break:
      return "bare-line-break";
    case HeadError::obsolete_fold:
      return "obsolete-fold";
    case HeadError::nul_byte:
      return "nul-byte";
    case HeadError::bad_host:
      return "bad-host";
    case HeadError::bad_content_length:
      return "bad-content-length";
    case HeadError::bad_transfer_encoding:
      return "bad-transfer-encoding";
    case HeadError::url_too_long:
      return "url-too-long";
    case HeadError::head_too_large:
      return "head-too-large";
    case HeadError::too_many_fields:
      return "too-many-fields";
    case HeadError::unknown_method:
      return "unknown-method";
    case HeadError::bad_version:
      return "bad-version";
  }
  return "malformed";
}

std::string_view message_of(HeadError error) noexcept {
  switch (error) {
    case HeadError::none:
    case HeadError::malformed:
      break;
    case HeadError::bare_line_break:
      return "A line of the request head does not end with CR LF.";
    case HeadError::obsolete_fold:
      return "A field of the request is folded over several lines.";
    case HeadError::nul_byte:
      return "There is a NUL byte in the request head.";
    case HeadError::bad_host:
      return "The request's Host is missing, is there twice, is no host, or is not that of the "
             "target.";
    case HeadError::bad_content_length:
      return "The request's Content-Length is no length, or not the only one.";
    case HeadError::bad_transfer_encoding:
      return "The request's Transfer-Encoding is not chunked, or not alone.";
    case HeadError::url_too_long:
      return "The URL is longer than [proxy.limits].url allows.";
    case HeadError::head_too_large:
      return "The request head is larger than [proxy.limits].head allows; large cookies are a "
             "common cause.";
    case HeadError::too_many_fields:
      return "The request has more fields than [proxy.limits].headers allows.";
    case HeadError::unknown_method:
      return "This proxy makes no tunnels: CONNECT is not for it.";
    case HeadError::bad_version:
      return "Of HTTP, this proxy speaks versions 1.0 and 1.1.";
  }
  return "What came is no request of HTTP/1.";
}

}  // namespace pinion::http
