// A request to the admin endpoint and its answer, apart from how they travel.
//
// Threads: values.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pinion::admin {

enum class Method : unsigned char { get, head, post, put, patch, delete_, options, other };

struct Request {
  Method method = Method::get;
  std::string path;                         // percent-decoded
  std::vector<std::string> query;           // `name=value`, percent-decoded, in order
  std::string host, origin, authorization;  // fields of these names, empty without
  std::string body;
};

struct Answer {
  int status = 200;
  std::string content_type = "application/json";
  std::string body;
  std::vector<std::pair<std::string, std::string>> fields;  // names in lower case, values clean
};

/// `{"error":{"code":…,"message":…}}`.
/// @param code a stable word; @param message a sentence that says what to do
Answer error_answer(int status, std::string_view code, std::string_view message);

/// The answer as an HTTP/1.1 message, after which the connection ends.
/// @param with_body false for HEAD: Content-Length still tells of the body (RFC 9110, 9.3.2)
std::string http_message(const Answer& answer, bool with_body);

}  // namespace pinion::admin
