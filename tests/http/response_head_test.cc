#include <doctest/doctest.h>

#include "http/head_parser.h"
#include "read_head.h"

namespace pinion::http {
namespace {

using namespace std::string_view_literals;
using Kind = Framing::Kind;

}  // namespace

TEST_CASE("a backend's answer is read as it is") {
  const auto [result, head] = read_response(
      "HTTP/1.1 200 All fine\r\nSet-Cookie: a\r\nSet-Cookie: b\r\nContent-Length: 2\r\n\r\nok");
  REQUIRE(is_complete(result));
  CHECK(result.consumed == 74);
  CHECK(head.status == 200);
  CHECK(head.reason == "All fine");
  CHECK(head.fields.size() == 3);
  CHECK(head.fields.count("set-cookie") == 2);
  CHECK(head.framing == Framing{Kind::length, 2});
  CHECK(head.keep_alive);
}

TEST_CASE("an empty reason may come with its space or without") {
  const auto with = read_response("HTTP/1.1 101 \r\nUpgrade: WebSocket\r\n\r\n");
  CHECK(is_complete(with.result));
  CHECK(with.head.status == 101);
  CHECK(with.head.reason.empty());
  const auto without = read_response("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n");
  CHECK(is_complete(without.result));
  CHECK(without.head.status == 200);
  CHECK(without.head.reason.empty());
}

TEST_CASE("the framing of a response") {
  struct Case {
    const char* method = "";
    const char* bytes = "";
    Framing framing;
    bool keep_alive = false;
  };
  const Case cases[] = {
      {"GET", "HTTP/1.1 200 OK\r\n\r\n", {Kind::until_close}, false},
      {"GET", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", {Kind::length, 0}, true},
      {"GET", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {Kind::chunked}, true},
      {"GET",
       "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\n",
       {Kind::length, 1},
       false},
      {"GET", "HTTP/1.0 200 OK\r\nContent-Length: 1\r\n\r\n", {Kind::length, 1}, false},
      {"GET",
       "HTTP/1.0 200 OK\r\nContent-Length: 1\r\nConnection: keep-alive\r\n\r\n",
       {Kind::length, 1},
       true},
      {"GET", "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n", {Kind::until_close}, false},
      {"HEAD", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n", {Kind::none}, true},
      {"HEAD", "HTTP/1.1 200 OK\r\n\r\n", {Kind::none}, true},
      {"HEAD", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 204 No Content\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 204 No Content\r\nContent-Length: 4\r\n\r\n", {Kind::none}, false},
      {"GET", "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n", {Kind::none}, false},
      {"GET", "HTTP/1.1 100 Continue\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n", {Kind::none}, true},
      {"GET", "HTTP/1.1 101 Switching Protocols\r\n\r\n", {Kind::none}, false},
      {"POST", "HTTP/1.1 999 Odd\r\nContent-Length: 1\r\n\r\n", {Kind::length, 1}, true},
  };
  for (const auto& [method, bytes, framing, keep_alive] : cases) {
    CAPTURE(method);
    CAPTURE(bytes);
    const auto read = read_response(bytes, method);
    REQUIRE(is_complete(read.result));
    CHECK(read.head.framing == framing);
    CHECK(read.head.keep_alive == keep_alive);
  }
}

TEST_CASE("answers that could be read in two ways are refused") {
  struct Case {
    std::string_view bytes;
    HeadError error;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
       HeadError::bad_content_length},
      {"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
       HeadError::bad_content_length},
      {"HTTP/1.1 200 OK\r\nContent-Length: 5, 5\r\n\r\n", HeadError::bad_content_length},
      {"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", HeadError::bad_content_length},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n", HeadError::bad_transfer_encoding},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
       HeadError::bad_transfer_encoding},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: identity\r\n\r\n", HeadError::bad_transfer_encoding},
      {"HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", HeadError::bad_transfer_encoding},
      {"HTTP/1.1 200 OK\r\nX: y\n\r\n", HeadError::bare_line_break},
      {"HTTP/1.1 200 OK\nX: y\n\n", HeadError::bare_line_break},
      {"HTTP/1.1 200 O\rK\r\n\r\n", HeadError::bare_line_break},
      {"HTTP/1.1 200 O\0K\r\n\r\n"sv, HeadError::nul_byte},
      {"HTTP/1.1 200 OK\r\nX: y\r\n z\r\n\r\n", HeadError::obsolete_fold},
      {"HTTP/1.1 200 OK\r\nX : y\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1 200 O\x01K\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1 20 OK\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1 2000 OK\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1 099 OK\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1  200 OK\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1 200OK\r\n\r\n", HeadError::malformed},
      {"HTTP/1.1\r\n\r\n", HeadError::malformed},
      {"\r\nHTTP/1.1 200 OK\r\n\r\n", HeadError::malformed},
      {"ICY 200 OK\r\n\r\n", HeadError::malformed},
      {"SSH-2.0-OpenSSH", HeadError::malformed},
      {"HTTP/2.0 200 OK\r\n\r\n", HeadError::bad_version},
      {"HTTP/0.9 200 OK\r\n\r\n", HeadError::bad_version},
  };
  for (const auto& [bytes, error] : cases) {
    CAPTURE(bytes);
    const auto read = read_response(bytes);
    CHECK(is_failed(read.result));
    CHECK(read.result.error == error);
  }
}

TEST_CASE("an answer of a higher version of HTTP/1 is read as one of 1.1") {
  const auto read = read_response("HTTP/1.2 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  REQUIRE(is_complete(read.result));
  CHECK(read.head.minor_version == 1);
  CHECK(read.head.keep_alive);
  CHECK(read.head.framing == Framing{Framing::Kind::chunked});
}

TEST_CASE("an interim answer is a head of its own") {
  const std::string bytes =
      "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
  std::string partial;
  ResponseHead head;
  const auto interim = read_response_head(partial, bytes, {}, "POST", head);
  REQUIRE(is_complete(interim));
  CHECK(head.status == 100);
  const auto final_one = read_response_head(
      partial, std::string_view(bytes).substr(interim.consumed), {}, "POST", head);
  REQUIRE(is_complete(final_one));
  CHECK(head.status == 200);
  CHECK(interim.consumed + final_one.consumed == bytes.size());
}

}  // namespace pinion::http
