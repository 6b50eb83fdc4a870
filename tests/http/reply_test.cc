#include "http/reply.h"

#include <doctest/doctest.h>

#include "read_head.h"

namespace pinion::http {
namespace {

RequestHead request_with(std::string_view fields, std::string_view start = "GET / HTTP/1.1") {
  std::string bytes(start);
  auto read = read_request(bytes.append("\r\nHost: a\r\n").append(fields).append("\r\n"));
  REQUIRE(is_complete(read.result));
  return read.head;
}

std::string body_of(const std::string& reply) { return reply.substr(reply.find("\r\n\r\n") + 4); }

/// Reads the reply's head as a client would, and checks that the body is as long as it says.
ResponseHead head_of(const std::string& reply, std::string_view method = "GET") {
  auto read = read_response(reply, method);
  REQUIRE(is_complete(read.result));
  if (method != "HEAD") CHECK(read.head.framing.length == reply.size() - read.result.consumed);
  return read.head;
}

const Reply kNoBackend{.status = 503,
                       .code = "no-backend",
                       .message = "No backend takes \"new\" sessions; try again.",
                       .retry_after = 7,
                       .keep_alive = true};

}  // namespace

TEST_CASE("a reply in plain text, for whom nothing is known of") {
  const std::string reply =
      write_reply({.status = 400, .code = "malformed", .message = "No."}, nullptr);
  CHECK(
      reply ==
      "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\nContent-Length: 4\r\n"
      "Cache-Control: no-store\r\nX-Pinion-Error: malformed\r\nConnection: close\r\n\r\nNo.\n");
}

TEST_CASE("a reply in JSON, for whom JSON is named") {
  for (const auto* accept : {"Accept: application/json\r\n",
                             "Accept: text/html\r\naccept: x, Application/JSON;q=0.5\r\n"}) {
    const auto request = request_with(accept);
    const std::string reply = write_reply(kNoBackend, &request);
    const auto head = head_of(reply);
    CHECK(head.fields.find("Content-Type") == "application/json");
    CHECK(
        body_of(reply) ==
        R"({"error":{"code":"no-backend","message":"No backend takes \"new\" sessions; try again."}})");
    CHECK(head.fields.find("Retry-After") == "7");
    CHECK(head.fields.find("X-Pinion-Error") == "no-backend");
    CHECK_FALSE(head.fields.find("Connection").has_value());
  }
  const auto browser = request_with("Accept: text/html, */*\r\n");
  CHECK(head_of(write_reply(kNoBackend, &browser)).fields.find("Content-Type") ==
        "text/plain; charset=utf-8");
}

TEST_CASE("JSON strings are escaped") {
  const auto request = request_with("Accept: application/json\r\n");
  const std::string reply =
      write_reply({.code = "c", .message = "a\"b\\c\nd\x01\x7f\xc3\xa4"}, &request);
  CHECK(body_of(reply) ==
        "{\"error\":{\"code\":\"c\",\"message\":\"a\\\"b\\\\c\\u000ad\\u0001\\u007f\xc3\xa4\"}}");
}

TEST_CASE("a body of another dialect goes out as it is") {
  const auto request = request_with("Accept: application/json\r\n");
  const std::string reply = write_reply(
      {.status = 400, .code = "unknown-sid", .message = "unused", .body = R"({"code":1})"},
      &request);
  CHECK(body_of(reply) == R"({"code":1})");
  CHECK(head_of(reply).fields.find("Content-Type") == "application/json");
}

TEST_CASE("scripts of another origin may see the reply") {
  const auto request = request_with("Origin: https://chat.example\r\n");
  const auto head = head_of(write_reply(kNoBackend, &request));
  CHECK(head.fields.find("Access-Control-Allow-Origin") == "https://chat.example");
  CHECK(head.fields.find("Access-Control-Allow-Credentials") == "true");
  CHECK(head.fields.find("Vary") == "Origin");
  const auto same_origin = request_with("");
  CHECK_FALSE(head_of(write_reply(kNoBackend, &same_origin))
                  .fields.find("Access-Control-Allow-Origin")
                  .has_value());
}

TEST_CASE("the answer to a HEAD has the length of its body but not the body") {
  const auto request = request_with("", "HEAD / HTTP/1.1");
  const std::string reply = write_reply(kNoBackend, &request);
  CHECK(body_of(reply).empty());
  const auto get = request_with("");
  const std::string length = std::to_string(body_of(write_reply(kNoBackend, &get)).size());
  CHECK(head_of(reply, "HEAD").fields.find("Content-Length") == length);
}

TEST_CASE("HTTP/1.0 clients hear that their connection persists") {
  const auto request = request_with("Connection: keep-alive\r\n", "GET / HTTP/1.0");
  CHECK(head_of(write_reply(kNoBackend, &request)).fields.find("Connection") == "keep-alive");
}

TEST_CASE("reason phrases are the registered ones") {
  CHECK(reason_phrase(400) == "Bad Request");
  CHECK(reason_phrase(431) == "Request Header Fields Too Large");
  CHECK(reason_phrase(504) == "Gateway Timeout");
  CHECK(reason_phrase(599) == "Unknown");
}

}  // namespace pinion::http
