#include <doctest/doctest.h>

#include "http/forward.h"
#include "read_head.h"

namespace pinion::http {
namespace {

using Kind = Framing::Kind;

struct Answer {
  std::string_view bytes;
  std::string_view method = "GET";
  ResponseRewrite rewrite = {};
};

/// The head that a client gets for a backend's answer.
std::string forwarded_response(const Answer& answer) {
  const auto read = read_response(answer.bytes, answer.method);
  REQUIRE(is_complete(read.result));
  ResponseRewrite rewrite = answer.rewrite;
  rewrite.framing = response_framing(read.head, rewrite.client_minor_version);
  std::string out;
  write_response_head(out, read.head, rewrite);
  return out;
}

}  // namespace

TEST_CASE("an answer keeps order, case and repetition, and loses what is hop-by-hop") {
  CHECK(forwarded_response(
            {"HTTP/1.0 200 Very Fine\r\nserver: x\r\nSet-Cookie: a\r\nKeep-Alive: timeout=5\r\n"
             "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nset-cookie: b\r\ncontent-LENGTH: "
             "002\r\nUpgrade: h2c\r\nDate: now\r\n\r\n"}) ==
        "HTTP/1.1 200 Very Fine\r\nserver: x\r\nSet-Cookie: a\r\nset-cookie: b\r\n"
        "content-LENGTH: 2\r\nDate: now\r\n\r\n");
}

TEST_CASE("cookies cannot be named away by the backend's Connection") {
  CHECK(forwarded_response(
            {"HTTP/1.1 200 OK\r\nConnection: Set-Cookie\r\nSet-Cookie: a\r\nContent-Length: "
             "0\r\n\r\n"}) == "HTTP/1.1 200 OK\r\nSet-Cookie: a\r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("an empty reason stays empty") {
  CHECK(forwarded_response({"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"}) ==
        "HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n");
}

TEST_CASE("what becomes of the client's connection is said when it must be") {
  const std::string_view sized = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n";
  const std::string start = "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n";
  CHECK(forwarded_response({sized}) == start + "\r\n");
  CHECK(forwarded_response({sized, "GET", {.keep_alive = false}}) ==
        start + "Connection: close\r\n\r\n");
  CHECK(forwarded_response({sized, "GET", {.client_minor_version = 0}}) ==
        start + "Connection: keep-alive\r\n\r\n");
  CHECK(forwarded_response({sized, "GET", {.client_minor_version = 0, .keep_alive = false}}) ==
        start + "Connection: close\r\n\r\n");
}

TEST_CASE("bodies are framed for the client's version") {
  const std::string_view chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string_view open = "HTTP/1.1 200 OK\r\n\r\n";
  const std::string as_chunks = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
  const std::string until_close = "HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n";
  CHECK(forwarded_response({chunked}) == as_chunks);
  CHECK(forwarded_response({open}) == as_chunks);
  CHECK(forwarded_response({chunked, "GET", {.client_minor_version = 0}}) == until_close);
  CHECK(forwarded_response({open, "GET", {.client_minor_version = 0}}) == until_close);
}

TEST_CASE("a head that stands for a body tells its length") {
  const std::string_view head = "HTTP/1.1 200 OK\r\nContent-Length: 12\r\nX: y\r\n\r\n";
  CHECK(forwarded_response({head, "HEAD"}) == head);
  const std::string_view not_modified = "HTTP/1.1 304 Not Modified\r\nContent-Length: 12\r\n\r\n";
  CHECK(forwarded_response({not_modified}) == not_modified);
  CHECK(forwarded_response({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", "HEAD"}) ==
        "HTTP/1.1 200 OK\r\n\r\n");
}

TEST_CASE("answers that never have a body have no framing fields") {
  // As Node's cors says in answers to preflights.
  CHECK(forwarded_response({"HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX: y\r\n\r\n"}) ==
        "HTTP/1.1 204 No Content\r\nContent-Length: 0\r\nX: y\r\n\r\n");
  CHECK(forwarded_response({"HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n"}) ==
        "HTTP/1.1 204 No Content\r\n\r\n");
  CHECK(forwarded_response(
            {"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n", "GET", {.keep_alive = false}}) ==
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n");
}

TEST_CASE("a switch of protocols keeps what the client must see of it") {
  CHECK(forwarded_response({"HTTP/1.1 101 \r\nUPGRADE: WebSocket\r\nConnection: upgrade\r\n"
                            "Sec-WebSocket-Accept: k\r\n\r\n",
                            "GET",
                            {.upgrade = true}}) ==
        "HTTP/1.1 101 \r\nUPGRADE: WebSocket\r\nSec-WebSocket-Accept: k\r\n"
        "Connection: Upgrade\r\n\r\n");
}

TEST_CASE("an answer that asks for another protocol says which") {
  const std::string_view asks =
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nConnection: Upgrade, X-Hop\r\n"
      "X-Hop: 1\r\nContent-Length: 0\r\n\r\n";
  const std::string start =
      "HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nContent-Length: 0\r\n";
  CHECK(forwarded_response({asks}) == start + "Connection: Upgrade\r\n\r\n");
  CHECK(forwarded_response({asks, "GET", {.keep_alive = false}}) ==
        start + "Connection: Upgrade, close\r\n\r\n");
  // One that says nothing of a protocol has nothing put into its mouth.
  const std::string_view mute = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 0\r\n\r\n";
  CHECK(forwarded_response({mute}) == mute);
}

TEST_CASE("response_framing changes only what the client cannot read") {
  ResponseHead head;
  const auto framing = [&](Framing from, int minor) {
    head.framing = from;
    return response_framing(head, minor);
  };
  CHECK(framing({Kind::length, 3}, 1) == Framing{Kind::length, 3});
  CHECK(framing({Kind::length, 3}, 0) == Framing{Kind::length, 3});
  CHECK(framing({Kind::chunked}, 1) == Framing{Kind::chunked});
  CHECK(framing({Kind::chunked}, 0) == Framing{Kind::until_close});
  CHECK(framing({Kind::until_close}, 1) == Framing{Kind::chunked});
  CHECK(framing({Kind::until_close}, 0) == Framing{Kind::until_close});
  CHECK(framing({Kind::none}, 1) == Framing{Kind::none});
}

}  // namespace pinion::http
