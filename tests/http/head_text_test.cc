#include "http/head_text.h"

#include <doctest/doctest.h>

namespace pinion::http {
namespace {

constexpr std::string_view kHead =
    "POST /a/?x=1&sid=s HTTP/1.1\r\nHost: h:1\r\nContent-Type: text/plain\r\ncontent-type: b\r\n"
    "X-Content-Type: stays\r\n\r\n";

}  // namespace

TEST_CASE("the target of a head is what stands between its spaces") {
  CHECK(target_of(kHead) == "/a/?x=1&sid=s");
}

TEST_CASE("method and target are put in place of the present ones") {
  std::string head(kHead);
  set_method(head, "GET");
  set_target(head, "/b");
  CHECK(head.starts_with("GET /b HTTP/1.1\r\nHost: h:1\r\n"));
  set_target(head, "/a/much/longer/target?than=before");
  CHECK(head.starts_with("GET /a/much/longer/target?than=before HTTP/1.1\r\nHost: h:1\r\n"));
}

TEST_CASE("all fields of a name go, whatever their case, and no others") {
  std::string head(kHead);
  drop_field(head, "CONTENT-TYPE");
  CHECK(head == "POST /a/?x=1&sid=s HTTP/1.1\r\nHost: h:1\r\nX-Content-Type: stays\r\n\r\n");
  drop_field(head, "x-content-type");
  drop_field(head, "none");
  drop_field(head, "host");
  CHECK(head == "POST /a/?x=1&sid=s HTTP/1.1\r\n\r\n");
}

TEST_CASE("a field is added before the empty line") {
  std::string head = "HTTP/1.1 200 OK\r\nA: b\r\n\r\n";
  add_field(head, "Set-Cookie", "c=d; Path=/");
  CHECK(head == "HTTP/1.1 200 OK\r\nA: b\r\nSet-Cookie: c=d; Path=/\r\n\r\n");
}

}  // namespace pinion::http
