#include <doctest/doctest.h>

#include "http/forward.h"
#include "read_head.h"

namespace pinion::http {
namespace {

using Kind = Framing::Kind;

/// The head that a backend gets for a client's request.
std::string forwarded_request(std::string_view bytes, RequestRewrite rewrite = {}) {
  const auto read = read_request(bytes);
  REQUIRE(is_complete(read.result));
  rewrite.framing = read.head.framing;
  std::string out;
  write_request_head(out, read.head, rewrite);
  return out;
}

std::string with_fields(std::string_view fields, RequestRewrite rewrite = {}) {
  const std::string head = forwarded_request(
      std::string("GET / HTTP/1.1\r\nHost: a\r\n").append(fields).append("\r\n"), rewrite);
  const std::string_view start = "GET / HTTP/1.1\r\nHost: a\r\n";
  REQUIRE(head.starts_with(start));
  return head.substr(start.size());
}

constexpr std::string_view kForwardedTail =
    "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n\r\n";

std::string expect_fields(std::string_view fields) {
  return std::string(fields).append(kForwardedTail);
}

}  // namespace

TEST_CASE("order, case and repetition of what goes through are kept") {
  CHECK(forwarded_request(
            "POST /x?y HTTP/1.1\r\nB: 1\r\nhOsT: a\r\na: 2\r\nCONTENT-length: 05\r\nB: 3\r\n"
            "Content_Length: 9\r\n\r\n",
            {.client_address = "10.0.0.1"}) ==
        "POST /x?y HTTP/1.1\r\nB: 1\r\nhOsT: a\r\na: 2\r\nCONTENT-length: 5\r\nB: 3\r\n"
        "Content_Length: 9\r\nX-Forwarded-For: 10.0.0.1\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n\r\n");
}

TEST_CASE("hop-by-hop fields end here") {
  CHECK(
      with_fields("Connection: keep-alive\r\nKeep-Alive: timeout=5\r\nProxy-Connection: x\r\n"
                  "TE: trailers\r\nTrailer: X\r\nUpgrade: h2c\r\nHTTP2-Settings: AA\r\nX: y\r\n") ==
      expect_fields("X: y\r\n"));
}

TEST_CASE("fields that Connection names end here, but not what a message needs") {
  CHECK(with_fields("Connection: close, X-Secret, te\r\nconnection: x-OTHER\r\nx-secret: 1\r\n"
                    "X-Other: 2\r\nX-Secrets: 3\r\n") == expect_fields("X-Secrets: 3\r\n"));
  CHECK(with_fields("Connection: Host, Cookie, Authorization, Origin, Content-Type, "
                    "Sec-WebSocket-Key\r\nCookie: c\r\nAuthorization: d\r\nOrigin: o\r\n"
                    "Content-Type: t\r\nSec-WebSocket-Key: k\r\n") ==
        expect_fields("Cookie: c\r\nAuthorization: d\r\nOrigin: o\r\nContent-Type: t\r\n"
                      "Sec-WebSocket-Key: k\r\n"));
  CHECK(with_fields("Connection: X-Forwarded-For, Forwarded\r\nForwarded: for=x\r\n"
                    "X-Forwarded-For: 10.1.1.1\r\n",
                    {.client_address = "10.0.0.1", .peer_is_trusted = true}) ==
        expect_fields("Forwarded: for=x\r\nX-Forwarded-For: 10.1.1.1, 10.0.0.1\r\n"));
  CHECK(
      with_fields("Connection: X-Forwarded-Proto, X-Forwarded-Host\r\nX-Forwarded-Proto: https\r\n"
                  "X-Forwarded-Host: shop\r\n",
                  {.peer_is_trusted = true}) ==
      "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\n\r\n");
  CHECK(forwarded_request(
            "POST / HTTP/1.1\r\nHost: a\r\nConnection: Content-Length\r\nContent-Length: "
            "3\r\n\r\n") ==
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
        "X-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n\r\n");
}

TEST_CASE("credentials for a proxy go on unless Connection names them") {
  CHECK(with_fields("Proxy-Authorization: x\r\n") == expect_fields("Proxy-Authorization: x\r\n"));
  CHECK(with_fields("Proxy-Authorization: x\r\nConnection: Proxy-Authorization\r\n") ==
        expect_fields(""));
}

TEST_CASE("the client's own word about where it comes from is replaced") {
  CHECK(with_fields(
            "X-Forwarded-For: 1.1.1.1\r\nX-FORWARDED-for: 2.2.2.2\r\nX-Forwarded-Proto: https\r\n"
            "X-Forwarded-Host: evil\r\nX-Forwarded-Prefix: /x\r\nX-Forwarded-Port: 1\r\n"
            "Forwarded: for=3.3.3.3\r\nX-Real-IP: 4.4.4.4\r\n",
            {.client_address = "10.0.0.1"}) == expect_fields("X-Forwarded-For: 10.0.0.1\r\n"));
}

TEST_CASE("names that become the same variable as what proxies say of a client are no way around") {
  const std::string_view spelt =
      "X_Forwarded_For: 5.5.5.5\r\nx-forwarded_Proto: https\r\nX_REAL-IP: 6.6.6.6\r\n"
      "X_Forwarded: 1\r\nX_Real_IPs: 2\r\nMy_Field: 3\r\n";
  // A trusted proxy may have let them through.
  for (const bool trusted : {false, true}) {
    CHECK(with_fields(spelt, {.client_address = "10.0.0.1", .peer_is_trusted = trusted}) ==
          expect_fields("X_Forwarded: 1\r\nX_Real_IPs: 2\r\nMy_Field: 3\r\n"
                        "X-Forwarded-For: 10.0.0.1\r\n"));
  }
}

TEST_CASE("a trusted proxy's word is kept and extended") {
  const RequestRewrite trusted{.client_address = "::1", .proto = "http", .peer_is_trusted = true};
  CHECK(with_fields("X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-Proto: https\r\n"
                    "X-Forwarded-For: \r\nX-Forwarded-For: 3.3.3.3\r\nX-Forwarded-Host: shop\r\n"
                    "X-Forwarded-Prefix: /x\r\nForwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n",
                    trusted) ==
        "X-Forwarded-Proto: https\r\nX-Forwarded-Host: shop\r\nX-Forwarded-Prefix: /x\r\n"
        "Forwarded: for=1.1.1.1\r\nX-Real-IP: 1.1.1.1\r\n"
        "X-Forwarded-For: 1.1.1.1, 2.2.2.2, 3.3.3.3, ::1\r\n\r\n");
  CHECK(with_fields("", trusted) == expect_fields("X-Forwarded-For: ::1\r\n"));
}

TEST_CASE("a peer without an address adds none") {
  CHECK(with_fields("X-Forwarded-For: 1.1.1.1\r\n") == expect_fields(""));
  CHECK(with_fields("X-Forwarded-For: 1.1.1.1\r\n", {.peer_is_trusted = true}) ==
        expect_fields("X-Forwarded-For: 1.1.1.1\r\n"));
}

TEST_CASE("the body is framed as it will be sent") {
  const auto read =
      read_request("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nX: y\r\n\r\n");
  REQUIRE(is_complete(read.result));
  const auto framed = [&](Framing framing) {
    std::string out;
    write_request_head(out, read.head, {.framing = framing});
    return out.substr(0, out.find("X-Forwarded-"));
  };
  const std::string start = "POST / HTTP/1.1\r\nHost: a\r\nX: y\r\n";
  CHECK(framed({Kind::chunked}) == start + "Transfer-Encoding: chunked\r\n");
  CHECK(framed({Kind::length, 12}) == start + "Content-Length: 12\r\n");
  CHECK(framed({Kind::none}) == start);
}

TEST_CASE("an upgrade goes on for websocket alone") {
  CHECK(with_fields("Connection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n"
                    "Sec-WebSocket-Key: k\r\n") ==
        "Sec-WebSocket-Key: k\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: a\r\n"
        "Connection: Upgrade\r\nUpgrade: WebSocket\r\n\r\n");
  CHECK(with_fields("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n") ==
        expect_fields("").substr(0, kForwardedTail.size() - 2) +
            "Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  CHECK(
      with_fields("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: A\r\n") ==
      expect_fields(""));
}

TEST_CASE("an HTTP/1.0 request becomes one of HTTP/1.1") {
  CHECK(forwarded_request(
            "GET /x HTTP/1.0\r\nConnection: keep-alive\r\nExpect: 100-continue\r\nX: y\r\n\r\n") ==
        "GET /x HTTP/1.1\r\nHost: \r\nX: y\r\nX-Forwarded-Proto: http\r\n\r\n");
  CHECK(
      forwarded_request("GET http://b:81/x HTTP/1.0\r\n\r\n") ==
      "GET /x HTTP/1.1\r\nHost: b:81\r\nX-Forwarded-Proto: http\r\nX-Forwarded-Host: b:81\r\n\r\n");
}

TEST_CASE("an expectation goes on, an encoding of the answer may be kept away") {
  CHECK(with_fields("Expect: 100-continue\r\nAccept-Encoding: gzip\r\n") ==
        expect_fields("Expect: 100-continue\r\nAccept-Encoding: gzip\r\n"));
  CHECK(with_fields("accept-encoding: gzip\r\nAccept: x\r\n", {.drop_accept_encoding = true}) ==
        expect_fields("Accept: x\r\n"));
}

TEST_CASE("the client's address is the last one that a trusted peer vouches for") {
  const auto client = [](std::string_view fields, bool trusted) {
    std::string bytes = "GET / HTTP/1.1\r\nHost: a\r\n";
    const auto read = read_request(bytes.append(fields).append("\r\n"));
    REQUIRE(is_complete(read.result));
    return client_of(read.head, "10.0.0.1", trusted);
  };
  CHECK(client("X-Forwarded-For: 1.1.1.1, 2.2.2.2\r\nX-Forwarded-For: 3.3.3.3 ,\r\n", true) ==
        "3.3.3.3");
  CHECK(client("X-Forwarded-For: 1.1.1.1\r\n", false) == "10.0.0.1");
  CHECK(client("X-Forwarded-For: ,\r\n", true) == "10.0.0.1");
  CHECK(client("", true) == "10.0.0.1");
}

}  // namespace pinion::http
