#include "http/head_parser.h"

#include <llhttp.h>

#include <algorithm>

#include "base/ascii.h"
#include "http/control_fields.h"
#include "http/head_scan.h"

namespace pinion::http {
namespace {

/// Where llhttp's callbacks put what they find.
struct Sink {
  std::string& start_line_text;  // the target or the reason
  Fields& fields;
  std::size_t max_fields;
  std::string_view name;
  std::string_view value;
  HeadError error = HeadError::none;
};

Sink& sink_of(llhttp_t* parser) noexcept { return *static_cast<Sink*>(parser->data); }

int on_start_line_text(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  sink_of(parser).start_line_text.append(at, size);
  return HPE_OK;
}

/// Callbacks may hand out one element in pieces; the head lies in one place, so they join up.
void extend(std::string_view& element, const char* at, std::size_t size) noexcept {
  const char* begin = element.data() == nullptr ? at : element.data();
  element = {begin, static_cast<std::size_t>(at + size - begin)};
}

int on_name(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  extend(sink_of(parser).name, at, size);
  return HPE_OK;
}

int on_value(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  extend(sink_of(parser).value, at, size);
  return HPE_OK;
}

int on_field_complete(llhttp_t* parser) noexcept {
  Sink& sink = sink_of(parser);
  if (sink.fields.size() == sink.max_fields) {
    sink.error = HeadError::too_many_fields;
    return HPE_USER;
  }
  // Of an empty value nothing is handed out.
  const bool empty = sink.value.data() == nullptr;
  sink.fields.take(sink.name, trim_ows(empty ? sink.name.substr(sink.name.size()) : sink.value));
  sink.name = {};
  sink.value = {};
  return HPE_OK;
}

/// The body is BodyReader's: llhttp sees heads only, and stops here.
int on_head_complete(llhttp_t* /*parser*/) noexcept { return HPE_PAUSED; }

llhttp_settings_t make_settings() noexcept {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = on_start_line_text;
  settings.on_status = on_start_line_text;
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_header_value_complete = on_field_complete;
  settings.on_headers_complete = on_head_complete;
  return settings;
}

HeadError error_of(llhttp_errno_t error) noexcept {
  switch (error) {
    case HPE_PAUSED:
      return HeadError::none;
    case HPE_INVALID_METHOD:
    case HPE_INVALID_CONSTANT:  // a method of RTSP: the version is in order, scan_head has seen to
                                // it
      return HeadError::unknown_method;
    case HPE_INVALID_VERSION:
      return HeadError::bad_version;
    case HPE_INVALID_CONTENT_LENGTH:
    case HPE_UNEXPECTED_CONTENT_LENGTH:
      return HeadError::bad_content_length;
    case HPE_INVALID_TRANSFER_ENCODING:
      return HeadError::bad_transfer_encoding;
    default:
      return HeadError::malformed;
  }
}

/// @param bytes one whole head that has passed scan_head
HeadError run_llhttp(llhttp_t& parser, llhttp_type_t type, std::string_view bytes, Sink& sink) {
  static const llhttp_settings_t settings = make_settings();
  llhttp_init(&parser, type, &settings);
  parser.data = &sink;
  const HeadError error = error_of(llhttp_execute(&parser, bytes.data(), bytes.size()));
  return sink.error != HeadError::none ? sink.error : error;
}

HeadError parse_head(std::string_view bytes, const HeadLimits& limits, RequestHead& head) {
  head.clear();
  Sink sink{head.target, head.fields, limits.fields, {}, {}};
  llhttp_t parser;
  const HeadError error = run_llhttp(parser, HTTP_REQUEST, head.fields.begin(bytes), sink);
  if (error != HeadError::none) return error;
  head.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(&parser)));
  head.minor_version = llhttp_get_http_minor(&parser);
  return interpret_request(head);
}

HeadError parse_head(std::string_view bytes, const HeadLimits& limits, std::string_view method,
                     ResponseHead& head) {
  head.clear();
  Sink sink{head.reason, head.fields, limits.fields, {}, {}};
  llhttp_t parser;
  const HeadError error = run_llhttp(parser, HTTP_RESPONSE, head.fields.begin(bytes), sink);
  if (error != HeadError::none) return error;
  head.status = llhttp_get_status_code(&parser);
  head.minor_version = llhttp_get_http_minor(&parser);
  return interpret_response(head, method);
}

/// Finds a whole head in `partial` and `in` and hands it to `parse`, which tells what is wrong with
/// it.
template <typename Parse>
HeadResult read_head(std::string& partial, std::string_view in, HeadKind kind,
                     const HeadLimits& limits, Parse parse) {
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
  return read_head(partial, in, HeadKind::request, limits,
                   [&](std::string_view bytes) { return parse_head(bytes, limits, head); });
}

HeadResult read_response_head(std::string& partial, std::string_view in, const HeadLimits& limits,
                              std::string_view method, ResponseHead& head) {
  return read_head(partial, in, HeadKind::response, limits,
                   [&](std::string_view bytes) { return parse_head(bytes, limits, method, head); });
}

}  // namespace pinion::http
