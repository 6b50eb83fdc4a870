// Requests that have been used to make two HTTP parties disagree about where one ends.
#include <doctest/doctest.h>

#include <string>

#include "http/head_parser.h"
#include "read_head.h"

namespace pinion::http {
namespace {

struct Refused {
  std::string_view bytes;
  HeadError error;
};

using namespace std::string_view_literals;

constexpr Refused kFraming[] = {
    // CL.TE and TE.CL
    {"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", HeadError::bad_content_length},
    {"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", HeadError::bad_content_length},
    {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n", HeadError::bad_content_length},
    // TE.TE
    {"Transfer-Encoding : chunked\r\n\r\n", HeadError::malformed},
    {"Transfer-Encoding\t: chunked\r\n\r\n", HeadError::malformed},
    {" Transfer-Encoding: chunked\r\n\r\n", HeadError::obsolete_fold},
    {"X: y\r\n Transfer-Encoding: chunked\r\n\r\n", HeadError::obsolete_fold},
    {"X: y\nTransfer-Encoding: chunked\r\n\r\n", HeadError::bare_line_break},
    {"X: y\rTransfer-Encoding: chunked\r\n\r\n", HeadError::bare_line_break},
    {"Transfer-Encoding: \x0b"
     "chunked\r\n\r\n",
     HeadError::malformed},
    {"Transfer-Encoding: chunked\x0b\r\n\r\n", HeadError::malformed},
    {"Transfer-Encoding: \x00"
     "chunked\r\n\r\n"sv,
     HeadError::nul_byte},
    {"Transfer-Encoding: xchunked\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunkedx\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: \"chunked\"\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunked;q=1\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunked, identity\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: identity, chunked\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: gzip, chunked\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: identity\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: gzip\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunked, chunked\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: , chunked\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding:\r\n\r\n", HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n",
     HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n",
     HeadError::bad_transfer_encoding},
    {"Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n",
     HeadError::bad_transfer_encoding},
    {"Transfer-Encoding:\r\n chunked\r\n\r\n", HeadError::obsolete_fold},
    {"Transfer-Encoding: x\r\n\tchunked\r\n\r\n", HeadError::obsolete_fold},
    {"Transfer\x80-Encoding: chunked\r\n\r\n", HeadError::malformed},
    // Content-Length
    {"Content-Length: +5\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: -5\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 0x5\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5x\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5 6\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5, 5\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5,6\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5.0\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 1e3\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: \"5\"\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length:\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: \r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 18446744073709551616\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 99999999999999999999999999\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5\r\nContent-Length: 5\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5\r\nContent-Length: 6\r\n\r\n", HeadError::bad_content_length},
    {"Content-Length: 5\r\n 6\r\n\r\n", HeadError::obsolete_fold},
    {"Content-Length: 5\x00\r\n\r\n"sv, HeadError::nul_byte},
    {"Content-Length: 5\x0c\r\n\r\n", HeadError::malformed},
    {"Content-Length : 5\r\n\r\n", HeadError::malformed},
};

constexpr Refused kFields[] = {
    {"X Y: z\r\n\r\n", HeadError::malformed},
    {"X\tY: z\r\n\r\n", HeadError::malformed},
    {"X\x01: z\r\n\r\n", HeadError::malformed},
    {"X\x7f: z\r\n\r\n", HeadError::malformed},
    {"X\xc3\xa4: z\r\n\r\n", HeadError::malformed},
    {"X(y): z\r\n\r\n", HeadError::malformed},
    {"X\x00: z\r\n\r\n"sv, HeadError::nul_byte},
    {"X: \x00\r\n\r\n"sv, HeadError::nul_byte},
    {"X: y\x01z\r\n\r\n", HeadError::malformed},
    {"X: y\x1bz\r\n\r\n", HeadError::malformed},
    {"X: y\x7fz\r\n\r\n", HeadError::malformed},
    {": z\r\n\r\n", HeadError::malformed},
    {":\r\n\r\n", HeadError::malformed},
    {"no colon\r\n\r\n", HeadError::malformed},
    {"nocolon\r\n\r\n", HeadError::malformed},
    {"X: y\n\r\n", HeadError::bare_line_break},
    {"X: y\r\r\n\r\n", HeadError::bare_line_break},
    {"X: y\rZ: 1\r\n\r\n", HeadError::bare_line_break},
    {"X\r: y\r\n\r\n", HeadError::bare_line_break},
    {"X\n: y\r\n\r\n", HeadError::bare_line_break},
    {"\rX: y\r\n\r\n", HeadError::bare_line_break},
    {"\n", HeadError::bare_line_break},
    {"X: y\n\n", HeadError::bare_line_break},
    {"X: y\r\n\n", HeadError::bare_line_break},
    {"X: y\r\n\r\r\n", HeadError::bare_line_break},
    {"X: y\r\n \r\n\r\n", HeadError::obsolete_fold},
    {"\tX: y\r\n\r\n", HeadError::obsolete_fold},
};

constexpr Refused kStartLines[] = {
    {"GET  / HTTP/1.1", HeadError::malformed},
    {"GET /  HTTP/1.1", HeadError::malformed},
    {"GET / HTTP/1.1 ", HeadError::malformed},
    {" GET / HTTP/1.1", HeadError::malformed},
    {"GET\t/ HTTP/1.1", HeadError::malformed},
    {"GET /\tHTTP/1.1", HeadError::malformed},
    {"GET / x HTTP/1.1", HeadError::malformed},
    {"GET /x\x0c HTTP/1.1", HeadError::malformed},
    {"GET /x\x7f HTTP/1.1", HeadError::malformed},
    {"GET /#f HTTP/1.1", HeadError::malformed},
    {"GET /\x00 HTTP/1.1"sv, HeadError::nul_byte},
    {"G\x00T / HTTP/1.1"sv, HeadError::nul_byte},
    {"GET / HTTP/1.\x00"sv, HeadError::malformed},
    {"GET / HTTP/1\x00.1"sv, HeadError::nul_byte},
    {"GET /\r HTTP/1.1", HeadError::bare_line_break},
    {"GET / HTTP/1.1\r", HeadError::bare_line_break},
    {"GET / HTTP/1.1\rX", HeadError::bare_line_break},
    {"G\rT / HTTP/1.1", HeadError::bare_line_break},
    {"GET", HeadError::malformed},
    {"GET /", HeadError::malformed},
    {"GET / ", HeadError::malformed},
    {"GET / http/1.1", HeadError::malformed},
    {"GET / HTTP/11.1", HeadError::malformed},
    {"GET / HTTP/1.10", HeadError::malformed},
    {"GET / HTTP/1", HeadError::malformed},
    {"GET / HTTP/a.1", HeadError::malformed},
    {"GET / HTTP/1,1", HeadError::malformed},
    {"GET / ICE/1.0", HeadError::malformed},
    {"GET / HTTP/0.9", HeadError::bad_version},
    {"GET / HTTP/2.0", HeadError::bad_version},
    {"GET / HTTP/3.1", HeadError::bad_version},
    {"G@T / HTTP/1.1", HeadError::malformed},
    {"GET: / HTTP/1.1", HeadError::malformed},
    {"G\x80T / HTTP/1.1", HeadError::malformed},
    {"ABCDEFGHIJKLMNOPQRSTUVWXYZABCDEFG / HTTP/1.1", HeadError::malformed},
    {"CONNECT a:80 HTTP/1.1", HeadError::unknown_method},
    {"CONNECT / HTTP/1.1", HeadError::unknown_method},
    {"head / HTTP/1.1", HeadError::unknown_method},
    {"connect / HTTP/1.1", HeadError::unknown_method},
};

}  // namespace

TEST_CASE("framing that two parties could read differently is refused") {
  for (const auto& [fields, error] : kFraming) {
    CAPTURE(fields);
    CHECK(error_with(fields) == error);
  }
}

TEST_CASE("fields that are not what RFC 9110 calls one are refused") {
  for (const auto& [fields, error] : kFields) {
    CAPTURE(fields);
    CHECK(error_with(fields) == error);
  }
}

TEST_CASE("request lines that are not quite one are refused") {
  for (const auto& [line, error] : kStartLines) {
    CAPTURE(line);
    const auto read = read_request(std::string(line) + "\r\nHost: a\r\n\r\n");
    CHECK(is_failed(read.result));
    CHECK(read.result.error == error);
    CHECK(read.result.consumed == 0);
  }
}

TEST_CASE("a NUL, CR or LF put anywhere into a head is never let through") {
  const std::string head =
      "POST /p?q HTTP/1.1\r\nHost: a.b:1\r\nX-Y: z z\r\nContent-Length: 3\r\n\r\n";
  REQUIRE(is_complete(read_request(head).result));
  // Not before the very last LF: an LF there would be the head's own, and the rest the next
  // message's.
  for (std::size_t at = 0; at + 1 < head.size(); ++at) {
    for (const char bad : {'\0', '\r', '\n'}) {
      std::string bytes = head;
      bytes.insert(at, 1, bad);
      CAPTURE(bytes);
      const auto result = read_request(bytes).result;
      CHECK_FALSE(is_complete(result));
    }
  }
}

TEST_CASE("transfer codings of HTTP/1.0 are refused") {
  CHECK(read_request("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n").result.error ==
        HeadError::bad_transfer_encoding);
}

TEST_CASE("Connection cannot be used to make forwarding expensive") {
  CHECK(error_with("Connection: " + std::string(1000, 'x') + "\r\n\r\n") == HeadError::none);
  CHECK(error_with("Connection: " + std::string(1000, 'x') +
                   "\r\nConnection: " + std::string(30, 'y') + "\r\n\r\n") == HeadError::malformed);
}

TEST_CASE("names that only look like the framing fields are ordinary fields") {
  const auto read = read_request(
      "POST / HTTP/1.1\r\nHost: a\r\nContent_Length: 7\r\nTransfer_Encoding: chunked\r\n"
      "Content-Lengthy: 3\r\n\r\n");
  REQUIRE(is_complete(read.result));
  CHECK(read.head.framing == Framing{});
  CHECK(read.head.fields.size() == 4);
}

}  // namespace pinion::http
