#include "admin/request.h"

#include <fmt/format.h>

#include <iterator>
#include <nlohmann/json.hpp>

namespace pinion::admin {
namespace {

std::string_view reason_phrase(int status) noexcept {
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 401:
      return "Unauthorized";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 411:
      return "Length Required";
    case 413:
      return "Content Too Large";
    case 422:
      return "Unprocessable Content";
    case 501:
      return "Not Implemented";
    case 503:
      return "Service Unavailable";
    default:
      return "";  // it may be empty (RFC 9112, 4)
  }
}

}  // namespace

Answer error_answer(int status, std::string_view code, std::string_view message) {
  using OrderedJson = nlohmann::ordered_json;
  const OrderedJson error = {{"code", code}, {"message", message}};
  const OrderedJson whole = {{"error", error}};
  Answer answer;
  answer.status = status;
  answer.body = whole.dump(-1, ' ', false, OrderedJson::error_handler_t::replace) + '\n';
  return answer;
}

std::string http_message(const Answer& answer, bool with_body) {
  std::string message = fmt::format(
      "HTTP/1.1 {} {}\r\n"
      "content-type: {}\r\n"
      "content-length: {}\r\n"
      "cache-control: no-store\r\n"
      "x-content-type-options: nosniff\r\n"
      "connection: close\r\n",
      answer.status, reason_phrase(answer.status), answer.content_type, answer.body.size());
  for (const auto& [name, value] : answer.fields) {
    fmt::format_to(std::back_inserter(message), "{}: {}\r\n", name, value);
  }
  message += "\r\n";
  if (with_body) message += answer.body;
  return message;
}

}  // namespace pinion::admin
