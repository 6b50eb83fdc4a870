#include <doctest/doctest.h>

#include "http/head_parser.h"
#include "read_head.h"

namespace pinion::http {

TEST_CASE("a browser's request is read as it is") {
  const std::string bytes =
      "POST /socket.io/?EIO=4&sid=x HTTP/1.1\r\nHost: chat.example:8080\r\nX-Empty:\r\n"
      "Cookie: a=1; b=\"2\"\r\ncontent-length: 3\r\nAccept:  */*\t \r\n\r\n";
  const auto [result, head] = read_request(bytes + "123");
  REQUIRE(is_complete(result));
  CHECK(result.consumed == bytes.size());
  CHECK(head.method == "POST");
  CHECK(head.target == "/socket.io/?EIO=4&sid=x");
  CHECK(head.host == "chat.example:8080");
  CHECK(head.minor_version == 1);
  REQUIRE(head.fields.size() == 5);
  CHECK(head.fields[1].name == "X-Empty");
  CHECK(head.fields[1].value.empty());
  CHECK(head.fields[2].value == "a=1; b=\"2\"");
  CHECK(head.fields[3].name == "content-length");
  CHECK(head.fields[4].value == "*/*");
  CHECK(head.framing == Framing{Framing::Kind::length, 3});
  CHECK(head.keep_alive);
  CHECK_FALSE(head.expects_continue);
  CHECK_FALSE(head.upgrades_to_websocket);
}

TEST_CASE("what a method means is for the backend to say") {
  // Registered ones that are seldom seen, and any other token, as HAProxy does.
  for (const std::string method : {"QUERY", "VERSION-CONTROL", "BASELINE-CONTROL", "ORDERPATCH",
                                   "UPDATEREDIRECTREF", "FOO", "get", "GETS", "!#$%&'*+-.^_`|~"}) {
    CAPTURE(method);
    const auto read = read_request(method + " /x HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n");
    REQUIRE(is_complete(read.result));
    CHECK(read.head.method == method);
    CHECK(read.head.framing == Framing{Framing::Kind::length, 2});
  }
}

TEST_CASE("a higher version of HTTP/1 is read as 1.1") {
  for (const char minor : {'2', '9'}) {
    const auto read = read_request(std::string("POST / HTTP/1.") + minor +
                                   "\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    REQUIRE(is_complete(read.result));
    CHECK(read.head.minor_version == 1);
    CHECK(read.head.keep_alive);
    CHECK(read.head.framing == Framing{Framing::Kind::chunked});
  }
  CHECK(read_request("GET / HTTP/1.2\r\n\r\n").result.error == HeadError::bad_host);
}

TEST_CASE("the framing of a request") {
  const auto framing = [](std::string_view fields) {
    std::string bytes = "POST / HTTP/1.1\r\nHost: a\r\n";
    const auto read = read_request(bytes.append(fields).append("\r\n"));
    REQUIRE(is_complete(read.result));
    return read.head.framing;
  };
  CHECK(framing("") == Framing{Framing::Kind::none});
  CHECK(framing("Content-Length: 0\r\n") == Framing{Framing::Kind::length, 0});
  CHECK(framing("Content-Length: 007\r\n") == Framing{Framing::Kind::length, 7});
  CHECK(framing("Content-Length: 18446744073709551615\r\n") ==
        Framing{Framing::Kind::length, 18446744073709551615U});
  CHECK(framing("TRANSFER-encoding: Chunked \r\n") == Framing{Framing::Kind::chunked});
}

TEST_CASE("persistence follows version and Connection") {
  struct Case {
    const char* bytes;
    bool keep_alive;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: x, Close\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: close, keep-alive\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: closed\r\n\r\n", true},
      {"GET / HTTP/1.0\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", true},
      {"GET / HTTP/1.0\r\nConnection: keep-alive\r\nConnection: close\r\n\r\n", false},
  };
  for (const auto& [bytes, keep_alive] : cases) {
    CAPTURE(bytes);
    const auto read = read_request(bytes);
    REQUIRE(is_complete(read.result));
    CHECK(read.head.keep_alive == keep_alive);
  }
}

TEST_CASE("an upgrade to websocket is a bodiless HTTP/1.1 GET that names it in both fields") {
  struct Case {
    const char* bytes;
    bool upgrades;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: WebSocket\r\n\r\n",
       true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c, websocket\r\n\r\n", true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: h2c\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websockets\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\n\r\n", false},
      {"POST / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", false},
      {"GET / HTTP/1.0\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n", false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
       "Content-Length: 0\r\n\r\n",
       true},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
       "Content-Length: 5\r\n\r\n",
       false},
      {"GET / HTTP/1.1\r\nHost: a\r\nConnection: upgrade\r\nUpgrade: websocket\r\n"
       "Transfer-Encoding: chunked\r\n\r\n",
       false},
  };
  for (const auto& [bytes, upgrades] : cases) {
    CAPTURE(bytes);
    const auto read = read_request(bytes);
    REQUIRE(is_complete(read.result));
    CHECK(read.head.upgrades_to_websocket == upgrades);
  }
}

TEST_CASE("100-continue counts from HTTP/1.1 only") {
  CHECK(read_request("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n")
            .head.expects_continue);
  CHECK_FALSE(read_request("POST / HTTP/1.0\r\nHost: a\r\nExpect: 100-continue\r\n\r\n")
                  .head.expects_continue);
  CHECK_FALSE(read_request("POST / HTTP/1.1\r\nHost: a\r\nExpect: something\r\n\r\n")
                  .head.expects_continue);
}

TEST_CASE("pipelined requests are read one at a time") {
  const std::string first = "GET /1 HTTP/1.1\r\nHost: a\r\n\r\n";
  const std::string second = "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n";
  std::string_view bytes;
  const std::string both = first + second;
  bytes = both;
  std::string partial;
  RequestHead head;
  auto result = read_request_head(partial, bytes, {}, head);
  REQUIRE(is_complete(result));
  CHECK(result.consumed == first.size());
  CHECK(head.target == "/1");
  bytes.remove_prefix(result.consumed);
  result = read_request_head(partial, bytes, {}, head);
  REQUIRE(is_complete(result));
  CHECK(result.consumed == second.size());
  CHECK(head.target == "/2");
}

TEST_CASE("a few empty lines before a request are skipped") {
  const std::string request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n";
  CHECK(is_complete(read_request("\r\n" + request).result));
  const auto read = read_request("\r\n\r\n\r\n\r\n" + request);
  CHECK(is_complete(read.result));
  CHECK(read.result.consumed == request.size() + 8);
  CHECK(read_request("\r\n\r\n\r\n\r\n\r\n" + request).result.error == HeadError::malformed);
  CHECK(read_request("\n" + request).result.error == HeadError::bare_line_break);
  CHECK(read_request("\r" + request).result.error == HeadError::bare_line_break);
}

TEST_CASE("a connection that waits for its next request owns no memory") {
  const std::string bytes =
      "GET / HTTP/1.1\r\nHost: a\r\nX: " + std::string(5000, 'x') + "\r\n\r\n";
  std::string partial;
  RequestHead head;
  CHECK(read_request_head(partial, std::string_view(bytes).substr(0, 4000), {}, head).status ==
        HeadResult::Status::need_more);
  CHECK(partial.size() == 4000);
  const auto result = read_request_head(partial, std::string_view(bytes).substr(4000), {}, head);
  CHECK(is_complete(result));
  CHECK(result.consumed == bytes.size() - 4000);
  CHECK(partial.capacity() == std::string().capacity());
}

TEST_CASE("limits of a head are kept to the byte") {
  const HeadLimits limits{.head = 100, .fields = 2, .url = 20};
  const auto error = [&](const std::string& bytes) {
    return read_request(bytes, limits).result.error;
  };
  const auto with_url = [](std::size_t size) {
    return "GET /" + std::string(size - 1, 'u') + " HTTP/1.1\r\nHost: a\r\n\r\n";
  };
  CHECK(error(with_url(20)) == HeadError::none);
  CHECK(error(with_url(21)) == HeadError::url_too_long);
  const auto of_size = [](std::size_t size) {
    const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
    return start + std::string(size - start.size() - 4, 'x') + "\r\n\r\n";
  };
  CHECK(error(of_size(100)) == HeadError::none);
  CHECK(error(of_size(101)) == HeadError::head_too_large);
  CHECK(error("GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\n\r\n") == HeadError::too_many_fields);
}

TEST_CASE("what is too much is refused before the head is complete") {
  CHECK(read_request(std::string(std::size_t{64} * 1024, 'A')).result.error ==
        HeadError::malformed);
  CHECK(read_request("GET /" + std::string(std::size_t{16} * 1024, 'u')).result.error ==
        HeadError::url_too_long);
  CHECK(read_request("GET / HTTP/1.1\r\nX: " + std::string(std::size_t{64} * 1024, 'x'))
            .result.error == HeadError::head_too_large);
}

TEST_CASE("what is not HTTP/1 is refused with its first bytes or its first line") {
  CHECK(read_request("\x16\x03\x01\x02").result.error == HeadError::malformed);  // TLS
  CHECK(read_request("GET /\r\n").result.error == HeadError::malformed);         // HTTP/0.9
  CHECK(read_request("PRI * HTTP/2.0\r\n").result.error == HeadError::bad_version);
  CHECK(read_request("GET / HTTP/1.1\n").result.error == HeadError::bare_line_break);
  CHECK(read_request("").result.status == HeadResult::Status::need_more);
}

TEST_CASE("of a head that is refused or incomplete it is known what came before the fault") {
  const std::string fields = "Accept: application/json\r\nOrigin: http://o\r\n";
  const HeadLimits limits{.head = 200, .fields = 3, .url = 20};
  struct Case {
    std::string bytes;
    std::string_view method;
    std::size_t fields;
  };
  const Case cases[] = {
      {"HEAD / HTTP/1.1\r\n" + fields + "\r\n", "HEAD", 2},  // no Host
      {"\r\nHEAD / HTTP/1.1\r\n" + fields + "X : y\r\nZ: 1\r\n\r\n", "HEAD", 2},
      {"HEAD / HTTP/1.1\r\n" + fields + "X: " + std::string(200, 'x'), "HEAD", 2},
      {"HEAD / HTTP/1.1\r\n" + fields + "Host: a\r\nX: y\r\n\r\n", "HEAD", 3},
      {"HEAD /" + std::string(20, 'u') + " HTTP/1.1\r\n" + fields + "\r\n", "HEAD", 0},
      {"HEAD / HTTP/2.0\r\n" + fields + "\r\n", "HEAD", 0},
      {"CONNECT a:80 HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n", "CONNECT", 3},
      {"\x16\x03\x01\x02\r\n" + fields + "\r\n", "", 0},
      {std::string(40, 'A') + " / HTTP/1.1\r\n" + fields + "\r\n", "", 0},
  };
  for (const Case& each : cases) {
    CAPTURE(each.bytes);
    for (const std::size_t size : {each.bytes.size(), std::size_t{1}}) {
      std::string partial;
      RequestHead head;
      HeadResult result;
      for (std::size_t at = 0; at < each.bytes.size(); at += size) {
        result =
            read_request_head(partial, std::string_view(each.bytes).substr(at, size), limits, head);
        if (result.status != HeadResult::Status::need_more) break;
      }
      REQUIRE(is_failed(result));
      CHECK(head.method == each.method);
      CHECK(head.fields.size() == each.fields);
      CHECK(head.fields.find("Origin").has_value() == (each.fields > 0));
    }
  }
  RequestHead head;
  read_sound_part("HEAD / HTTP/1.1\r\nAccept: x\r\nOri", limits, head);
  CHECK(head.method == "HEAD");
  CHECK(head.fields.size() == 1);
  read_sound_part("HEAD / HT", limits, head);
  CHECK(head.method == "HEAD");
  for (const auto bytes : {"", "\r\n", "HEA", "HEAD"}) {
    read_sound_part(bytes, limits, head);
    CHECK(head.method.empty());
    CHECK(head.fields.size() == 0);
  }
}

TEST_CASE("each error has its status and its word") {
  CHECK(status_of(HeadError::malformed) == 400);
  CHECK(status_of(HeadError::bad_transfer_encoding) == 400);
  CHECK(status_of(HeadError::url_too_long) == 414);
  CHECK(status_of(HeadError::head_too_large) == 431);
  CHECK(status_of(HeadError::too_many_fields) == 431);
  CHECK(status_of(HeadError::unknown_method) == 501);
  CHECK(status_of(HeadError::bad_version) == 505);
  CHECK(code_of(HeadError::bad_host) == "bad-host");
  CHECK(code_of(HeadError::head_too_large) == "head-too-large");
}

}  // namespace pinion::http
