#include "http/target.h"

#include <doctest/doctest.h>

#include "read_head.h"

namespace pinion::http {
namespace {

ReadRequest read_target(std::string_view start_line, std::string_view fields) {
  std::string bytes(start_line);
  return read_request(bytes.append("\r\n").append(fields).append("\r\n"));
}

}  // namespace

TEST_CASE("HTTP/1.1 has exactly one Host, HTTP/1.0 at most one") {
  struct Case {
    const char* line;
    const char* fields;
    HeadError error;
  };
  const Case cases[] = {
      {"GET / HTTP/1.1", "Host: a\r\n", HeadError::none},
      {"GET / HTTP/1.1", "", HeadError::bad_host},
      {"GET / HTTP/1.1", "Host: a\r\nHost: a\r\n", HeadError::bad_host},
      {"GET / HTTP/1.1", "Host: a\r\nX: y\r\nhost: b\r\n", HeadError::bad_host},
      {"GET / HTTP/1.0", "", HeadError::none},
      {"GET / HTTP/1.0", "Host: a\r\n", HeadError::none},
      {"GET / HTTP/1.0", "Host: a\r\nHost: a\r\n", HeadError::bad_host},
      {"GET http://a/ HTTP/1.1", "", HeadError::bad_host},
      {"GET http://a/ HTTP/1.1", "Host: a\r\nHost: a\r\n", HeadError::bad_host},
  };
  for (const auto& [line, fields, error] : cases) {
    CAPTURE(line);
    CAPTURE(fields);
    CHECK(read_target(line, fields).result.error == error);
  }
}

TEST_CASE("hosts are names or address literals with an optional port") {
  for (const auto* good :
       {"a", "a.example", "A-b_c.d", "127.0.0.1:8080", "[::1]", "[::ffff:1.2.3.4]:80",
        "a:", "a:65535", "xn--bcher-kva.example", "a%20b"}) {
    CAPTURE(good);
    CHECK(parse_authority(good).has_value());
  }
  for (const auto* bad : {"",     ":",    ":80",      "a:0",    "a:65536", "a:99999999999999999999",
                          "a:+1", "a:1x", "a:1:2",    "u@a",    "u:p@a",   "a b",
                          "a,b",  "a/b",  "a?b",      "a#b",    "a\\b",    "[::1",
                          "::1",  "[]",   "[:]x",     "[::1]x", "[g::1]",  "[::1%eth0]",
                          "a\"b", "<a>",  "\xc3\xa4", "a\tb"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_authority(bad).has_value());
    CHECK(read_target("GET / HTTP/1.1", "Host: " + std::string(bad) + "\r\n").result.error ==
          HeadError::bad_host);
  }
  CHECK(parse_authority("a:8080")->port == 8080);
  CHECK(parse_authority("[::1]:8080")->host == "[::1]");
}

TEST_CASE("an absolute-form is reduced, and its authority agrees with Host") {
  struct Case {
    const char* target;
    const char* host;
    HeadError error;
    const char* reduced;
  };
  const Case cases[] = {
      {"http://a.example/x?y=1", "a.example", HeadError::none, "/x?y=1"},
      {"HTTP://A.example/x", "a.EXAMPLE", HeadError::none, "/x"},
      {"http://a", "a", HeadError::none, "/"},
      {"http://a?q", "a", HeadError::none, "/?q"},
      {"http://a?q/r", "a", HeadError::none, "/?q/r"},
      {"http://a:80/", "a", HeadError::none, "/"},
      {"http://a/", "a:80", HeadError::none, "/"},
      {"https://a/", "a:443", HeadError::none, "/"},
      {"ws://a:80/", "a", HeadError::none, "/"},
      {"wss://a:443/", "a:", HeadError::none, "/"},
      {"http://[::1]:8080/x", "[::1]:8080", HeadError::none, "/x"},
      {"http://a:8080/", "a", HeadError::bad_host, ""},
      {"https://a:80/", "a", HeadError::bad_host, ""},
      {"http://a/", "b", HeadError::bad_host, ""},
      {"http://a.b/", "a", HeadError::bad_host, ""},
      {"http://u@a/", "a", HeadError::bad_host, ""},
      {"http://a,b/", "a,b", HeadError::bad_host, ""},
      {"http:///x", "a", HeadError::bad_host, ""},
      {"http://", "a", HeadError::bad_host, ""},
      {"ftp://a/", "a", HeadError::malformed, ""},
      {"http:/a", "a", HeadError::malformed, ""},
      {"a/b", "a", HeadError::malformed, ""},
      {"a:80", "a:80", HeadError::malformed, ""},
      {"?q", "a", HeadError::malformed, ""},
      {"*", "a", HeadError::malformed, ""},
  };
  for (const auto& [target, host, error, reduced] : cases) {
    CAPTURE(target);
    CAPTURE(host);
    const auto [result, head] = read_target("GET " + std::string(target) + " HTTP/1.1",
                                            "Host: " + std::string(host) + "\r\n");
    CHECK(result.error == error);
    if (error != HeadError::none) continue;
    CHECK(head.target == reduced);
    CHECK(head.host == host);
  }
}

TEST_CASE("without Host the authority of an HTTP/1.0 absolute-form counts") {
  const auto [result, head] = read_target("GET http://a.example:81/x HTTP/1.0", "");
  REQUIRE(is_complete(result));
  CHECK(head.host == "a.example:81");
  CHECK(head.target == "/x");
  CHECK(read_target("GET / HTTP/1.0", "").head.host.empty());
}

TEST_CASE("the asterisk is for OPTIONS") {
  CHECK(read_target("OPTIONS * HTTP/1.1", "Host: a\r\n").head.target == "*");
  CHECK(read_target("OPTIONS http://a HTTP/1.1", "Host: a\r\n").head.target == "*");
  CHECK(read_target("OPTIONS http://a/ HTTP/1.1", "Host: a\r\n").head.target == "/");
  CHECK(read_target("POST * HTTP/1.1", "Host: a\r\n").result.error == HeadError::malformed);
}

TEST_CASE("targets pass with what browsers and curl send, untouched") {
  for (const auto* target : {"/", "//x", "/a//b/../c", "/%00%2f", "/|`\"<>{}^\\[]",
                             "/\xc3\xa4?\xff", "/?a?b", "/;x=1", "/http://b/"}) {
    CAPTURE(target);
    const auto [result, head] =
        read_target("GET " + std::string(target) + " HTTP/1.1", "Host: a\r\n");
    REQUIRE(is_complete(result));
    CHECK(head.target == target);
  }
}

}  // namespace pinion::http
