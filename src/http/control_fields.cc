#include "http/control_fields.h"

#include <optional>

#include "base/ascii.h"
#include "http/target.h"

namespace pinion::http {
namespace {

struct ControlFields {
  std::optional<std::string_view> host;
  std::optional<std::uint64_t> length;
  bool chunked = false;
  bool close = false;
  bool keep_alive = false;
  bool upgrade = false;    // Connection lists it
  bool websocket = false;  // Upgrade lists it
  bool expects_continue = false;
  std::size_t connection_bytes = 0;
};

HeadError take_connection(ControlFields& control, std::string_view value) noexcept {
  control.connection_bytes += value.size();
  if (control.connection_bytes > kMaxConnectionBytes) return HeadError::malformed;
  while (const auto option = next_list_element(value)) {
    if (iequals(*option, "close")) control.close = true;
    if (iequals(*option, "keep-alive")) control.keep_alive = true;
    if (iequals(*option, "upgrade")) control.upgrade = true;
  }
  return HeadError::none;
}

HeadError take_host(ControlFields& control, std::string_view value) noexcept {
  if (control.host) return HeadError::bad_host;
  control.host = value;
  return HeadError::none;
}

/// A second Content-Length is refused even if it says the same: nobody who means well sends it.
HeadError take_length(ControlFields& control, std::string_view value) noexcept {
  const auto length = parse_decimal(value);
  if (!length || control.length) return HeadError::bad_content_length;
  control.length = length;
  return HeadError::none;
}

HeadError take_coding(ControlFields& control, std::string_view value) noexcept {
  if (control.chunked || !iequals(value, "chunked")) return HeadError::bad_transfer_encoding;
  control.chunked = true;
  return HeadError::none;
}

HeadError take(ControlFields& control, const Field& field) noexcept {
  switch (field.known) {
    case FieldName::host:
      return take_host(control, field.value);
    case FieldName::expect:
      if (iequals(field.value, "100-continue")) control.expects_continue = true;
      break;
    case FieldName::upgrade:
      if (list_contains(field.value, "websocket")) control.websocket = true;
      break;
    case FieldName::connection:
      return take_connection(control, field.value);
    case FieldName::content_length:
      return take_length(control, field.value);
    case FieldName::transfer_encoding:
      return take_coding(control, field.value);
    default:
      break;
  }
  return HeadError::none;
}

HeadError read_control_fields(ControlFields& control, const Fields& fields,
                              int minor_version) noexcept {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const HeadError error = take(control, fields[i]);
    if (error != HeadError::none) return error;
  }
  if (control.chunked && control.length) return HeadError::bad_content_length;
  // RFC 9112, 6.1: framing that a 1.0 party cannot have meant.
  if (control.chunked && minor_version == 0) return HeadError::bad_transfer_encoding;
  return HeadError::none;
}

bool wants_keep_alive(const ControlFields& control, int minor_version) noexcept {
  return !control.close && (minor_version >= 1 || control.keep_alive);
}

Framing framing_of(const ControlFields& control, Framing::Kind without_fields) noexcept {
  if (control.chunked) return {Framing::Kind::chunked};
  if (control.length) return {Framing::Kind::length, *control.length};
  return {without_fields};
}

bool has_body(const Framing& framing) noexcept {
  return framing.kind == Framing::Kind::chunked || framing.length > 0;
}

}  // namespace

HeadError interpret_request(RequestHead& head) {
  // Methods are case-sensitive, but not for each server: one that took `head` for HEAD would answer
  // without the body that is waited for here.
  const bool like_head = iequals(head.method, "HEAD") && head.method != "HEAD";
  if (like_head || iequals(head.method, "CONNECT")) return HeadError::unknown_method;
  ControlFields control;
  const auto error = read_control_fields(control, head.fields, head.minor_version);
  if (error != HeadError::none) return error;
  head.framing = framing_of(control, Framing::Kind::none);
  head.keep_alive = wants_keep_alive(control, head.minor_version);
  head.expects_continue = control.expects_continue && head.minor_version >= 1;
  // RFC 9110, 7.8: Upgrade in HTTP/1.0 is ignored. With a body two protocols would claim the same
  // bytes.
  head.upgrades_to_websocket = control.upgrade && control.websocket && head.method == "GET" &&
                               head.minor_version >= 1 && !has_body(head.framing);
  return settle_target(head, control.host);
}

HeadError interpret_response(ResponseHead& head, std::string_view method) noexcept {
  ControlFields control;
  const auto error = read_control_fields(control, head.fields, head.minor_version);
  if (error != HeadError::none) return error;
  const bool never_has_body = head.status < 200 || head.status == 204;
  head.framing = framing_of(control, Framing::Kind::until_close);
  head.keep_alive = wants_keep_alive(control, head.minor_version);
  if (never_has_body || head.status == 304 || method == "HEAD") {
    // A backend that announces a body where none can be may send one: its connection is not reused.
    const bool announced = never_has_body && has_body(head.framing);
    if (announced || head.status == 101) head.keep_alive = false;
    head.framing = {};
  }
  if (head.framing.kind == Framing::Kind::until_close) head.keep_alive = false;
  return HeadError::none;
}

}  // namespace pinion::http
