#include "llhttp_reading.h"

#include <llhttp.h>

#include "base/ascii.h"

namespace pinion::test {
namespace {

LlhttpReading& reading_of(llhttp_t* parser) noexcept {
  return *static_cast<LlhttpReading*>(parser->data);
}

int on_start_line_text(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  reading_of(parser).start_line_text.append(at, size);
  return HPE_OK;
}

// A name begins a field; llhttp may hand out one name or value in pieces.
int on_name(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  auto& fields = reading_of(parser).fields;
  if (fields.empty()) fields.emplace_back();
  fields.back().first.append(at, size);
  return HPE_OK;
}

int on_value(llhttp_t* parser, const char* at, std::size_t size) noexcept {
  reading_of(parser).fields.back().second.append(at, size);
  return HPE_OK;
}

int on_field_complete(llhttp_t* parser) noexcept {
  auto& fields = reading_of(parser).fields;
  fields.back().second = trim_ows(fields.back().second);
  fields.emplace_back();
  return HPE_OK;
}

int on_head_complete(llhttp_t* /*parser*/) noexcept { return HPE_PAUSED; }

}  // namespace

LlhttpReading read_with_llhttp(std::string_view head, bool request) {
  llhttp_settings_t settings;
  llhttp_settings_init(&settings);
  settings.on_url = on_start_line_text;
  settings.on_status = on_start_line_text;
  settings.on_header_field = on_name;
  settings.on_header_value = on_value;
  settings.on_header_value_complete = on_field_complete;
  settings.on_headers_complete = on_head_complete;
  LlhttpReading reading;
  llhttp_t parser;
  llhttp_init(&parser, request ? HTTP_REQUEST : HTTP_RESPONSE, &settings);
  parser.data = &reading;
  reading.accepted = llhttp_execute(&parser, head.data(), head.size()) == HPE_PAUSED;
  if (!reading.fields.empty()) reading.fields.pop_back();
  if (request) {
    reading.method = llhttp_method_name(static_cast<llhttp_method_t>(llhttp_get_method(&parser)));
  } else {
    reading.status = llhttp_get_status_code(&parser);
  }
  reading.minor_version = llhttp_get_http_minor(&parser);
  return reading;
}

}  // namespace pinion::test
