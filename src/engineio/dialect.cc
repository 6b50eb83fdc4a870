#include "engineio/dialect.h"

#include "engineio/json_scan.h"

namespace pinion::engineio {
namespace {

constexpr std::string_view kNodeMessage = "Session ID unknown";
constexpr std::string_view kPythonMessage = "Invalid session";

/// `{"code":1,"message":"Session ID unknown"}` of engine.io 1 to 6; socketioxide quotes the 1. The
/// message decides: an application's own 400 may well have a code 1, and a session that was given
/// up wrongly is lost.
bool is_node_error(std::string_view body) {
  JsonObjectReader object{body};
  bool unknown = false;
  while (const auto name = object.next_member()) {
    if (*name == "message") {
      unknown = object.string_value() == kNodeMessage;
    } else {
      object.skip_value();
    }
  }
  return object.complete() && unknown;
}

/// `"Invalid session abc"` of python-engineio with asyncio, `"Invalid session"` without, both also
/// unquoted.
bool is_python_error(std::string_view body) {
  if (body.starts_with('"')) body.remove_prefix(1);
  if (!body.starts_with(kPythonMessage)) return false;
  body.remove_prefix(kPythonMessage.size());
  return body.empty() || body.front() == ' ' || body.front() == '"';
}

std::string_view trim(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool tells_unknown_session(int status, std::string_view body_prefix, bool upgrade) noexcept {
  const std::string_view body = trim(body_prefix);
  if (status != 400) return false;
  if (upgrade && body == kNodeMessage) return true;
  return body.starts_with('{') ? is_node_error(body) : is_python_error(body);
}

}  // namespace pinion::engineio
