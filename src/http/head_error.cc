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

}  // namespace pinion::http
