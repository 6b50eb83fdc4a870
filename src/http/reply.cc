#include "http/reply.h"

#include <algorithm>
#include <iterator>

#include "base/ascii.h"
#include "http/write_field.h"

namespace pinion::http {
namespace {

void append_json_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      out.push_back('\\');
      out.push_back(c);
    } else if (byte < 0x20 || byte == 0x7f) {
      out.append("\\u00");
      out.push_back(kHexDigits[byte >> 4U]);
      out.push_back(kHexDigits[byte & 0x0fU]);
    } else {
      out.push_back(c);
    }
  }
  out.push_back('"');
}

struct Body {
  std::string text;
  std::string_view type;
};

Body make_body(const Reply& reply, const RequestHead* request) {
  if (!reply.body.empty()) return {std::string(reply.body), reply.content_type};
  Body body;
  if (request != nullptr && accepts_json(request->fields)) {
    body.type = "application/json";
    body.text = R"({"error":{"code":)";
    append_json_string(body.text, reply.code);
    body.text.append(R"(,"message":)");
    append_json_string(body.text, reply.message);
    body.text.append("}}");
  } else {
    body.type = "text/plain; charset=utf-8";
    body.text.append(reply.message).append("\n");
  }
  return body;
}

/// So that scripts of another origin can see the answer, as with the backends' own (Fetch, 3.2).
void write_cors(std::string& out, const Fields& fields) {
  const auto origin = fields.find(FieldName::origin);
  if (!origin) return;
  write_field(out, "Access-Control-Allow-Origin", *origin);
  write_field(out, "Access-Control-Allow-Credentials", "true");
  write_field(out, "Vary", "Origin");
}

struct Phrase {
  int status;
  std::string_view text;
};

constexpr Phrase kPhrases[] = {
    {100, "Continue"},
    {101, "Switching Protocols"},
    {103, "Early Hints"},
    {200, "OK"},
    {204, "No Content"},
    {301, "Moved Permanently"},
    {302, "Found"},
    {304, "Not Modified"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {411, "Length Required"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {417, "Expectation Failed"},
    {421, "Misdirected Request"},
    {422, "Unprocessable Content"},
    {426, "Upgrade Required"},
    {429, "Too Many Requests"},
    {431, "Request Header Fields Too Large"},
    {500, "Internal Server Error"},
    {501, "Not Implemented"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {505, "HTTP Version Not Supported"},
};

}  // namespace

bool accepts_json(const Fields& fields) noexcept {
  if (!fields.has(FieldName::accept)) return false;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const Field field = fields[i];
    if (field.known != FieldName::accept) continue;
    std::string_view ranges = field.value;
    while (const auto range = next_list_element(ranges)) {
      if (iequals(trim_ows(range->substr(0, range->find(';'))), "application/json")) return true;
    }
  }
  return false;
}

std::string write_reply(const Reply& reply, const RequestHead* request) {
  const Body body = make_body(reply, request);
  std::string out = "HTTP/1.1 ";
  write_number(out, static_cast<std::uint64_t>(reply.status));
  out.append(" ").append(reason_phrase(reply.status)).append("\r\n");
  write_field(out, "Content-Type", body.type);
  FramingFields({Framing::Kind::length, body.text.size()}).at_end(out);
  write_field(out, "Cache-Control", "no-store");
  write_field(out, "X-Pinion-Error", reply.code);
  if (reply.retry_after) {
    out.append("Retry-After: ");
    write_number(out, *reply.retry_after);
    out.append("\r\n");
  }
  if (request != nullptr) write_cors(out, request->fields);
  if (!reply.keep_alive) {
    write_field(out, "Connection", "close");
  } else if (request != nullptr && request->minor_version == 0) {
    write_field(out, "Connection", "keep-alive");
  }
  out.append("\r\n");
  if (request == nullptr || request->method != "HEAD") out.append(body.text);
  return out;
}

std::string_view reason_phrase(int status) noexcept {
  const auto* found = std::find_if(std::begin(kPhrases), std::end(kPhrases),
                                   [=](const Phrase& phrase) { return phrase.status == status; });
  return found == std::end(kPhrases) ? "Unknown" : found->text;
}

}  // namespace pinion::http
