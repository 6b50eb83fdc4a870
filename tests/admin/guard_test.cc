#include "admin/guard.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::admin {

namespace {

bool lets_in(const Guard& guard, std::string host) {
  Request request;
  request.host = std::move(host);
  return !guard.refuse(request).has_value();
}

int change_status(const Guard& guard, std::string host, std::string origin,
                  std::string authorization) {
  Request request;
  request.host = std::move(host);
  request.origin = std::move(origin);
  request.authorization = std::move(authorization);
  const auto refused = guard.refuse_change(request);
  return refused ? refused->answer.status : 200;
}

}  // namespace

TEST_CASE("without a token, names that were re-bound to us are refused") {
  const Guard guard{"", "admin.lan"};
  for (const auto* host : {"127.0.0.1:9180", "127.0.0.1", "[::1]:9180", "[::1]", "localhost:9180",
                           "LOCALHOST", "192.0.2.1:80", "admin.lan:9180", "Admin.LAN", ""}) {
    CAPTURE(host);
    CHECK(lets_in(guard, host));
  }
  for (const auto* host : {"evil.example", "evil.example:9180", "localhost.evil.example",
                           "127.0.0.1.evil.example", "[::1", "localhost:80:evil", "localhost:x",
                           "a@localhost", "localhost,evil.example", "0x7f.1"}) {
    CAPTURE(host);
    CHECK_FALSE(lets_in(guard, host));
  }
}

TEST_CASE("with a token or on a unix socket any name will do") {
  CHECK(lets_in(Guard{"secret", "0.0.0.0"}, "pinion.example:9180"));
  CHECK(lets_in(Guard{"", ""}, "whatever"));
}

// Its name was re-bound: reading is open, and sids are worth something.
TEST_CASE("a token does not let a web page in that calls this machine by another name") {
  const Guard guard{"secret", "127.0.0.1"};
  CHECK_FALSE(lets_in(guard, "evil.example:9180"));
  CHECK(lets_in(guard, "127.0.0.1:9180"));
  Request of_a_proxy;
  of_a_proxy.host = "pinion.example";
  of_a_proxy.authorization = "Bearer secret";
  CHECK_FALSE(guard.refuse(of_a_proxy));
  of_a_proxy.authorization = "Bearer guessed";
  CHECK(guard.refuse(of_a_proxy));
  CHECK_FALSE(lets_in(Guard{"secret", "localhost"}, "evil.example"));
  CHECK_FALSE(lets_in(Guard{"secret", "::1"}, "evil.example"));
}

TEST_CASE("a page of another origin may not change anything") {
  const Guard guard{"", "127.0.0.1"};
  CHECK(change_status(guard, "127.0.0.1:9180", "", "") == 200);
  CHECK(change_status(guard, "127.0.0.1:9180", "http://127.0.0.1:9180", "") == 200);
  CHECK(change_status(guard, "localhost:9180", "https://LOCALHOST:9180", "") == 200);
  CHECK(change_status(guard, "127.0.0.1:9180", "http://evil.example", "") == 403);
  CHECK(change_status(guard, "127.0.0.1:9180", "http://127.0.0.1:8080", "") == 403);
  CHECK(change_status(guard, "127.0.0.1:9180", "null", "") == 403);
  CHECK(change_status(guard, "", "http://", "") == 200);  // no Host: no browser
}

TEST_CASE("changes need the token when there is one") {
  const Guard guard{"s3cret", "127.0.0.1"};
  CHECK(change_status(guard, "", "", "Bearer s3cret") == 200);
  CHECK(change_status(guard, "", "", "bearer  s3cret ") == 200);
  for (const auto* wrong : {"", "s3cret", "Bearer", "Bearer ", "Bearer s3cre", "Bearer s3crets",
                            "Bearer S3cret", "Basic s3cret", "Bearer s3cret,Bearer x"}) {
    CAPTURE(wrong);
    CHECK(change_status(guard, "", "", wrong) == 401);
  }
  CHECK(change_status(guard, "h", "http://evil", "Bearer s3cret") == 403);
  const Request request;
  const auto refused = guard.refuse_change(request);
  REQUIRE(refused.has_value());
  REQUIRE(refused->answer.fields.size() == 1);
  CHECK(refused->answer.fields[0].first == "www-authenticate");
}

TEST_CASE("the constant-time comparison is a comparison") {
  CHECK(equal_in_constant_time("abc", "abc"));
  CHECK(equal_in_constant_time("", ""));
  CHECK_FALSE(equal_in_constant_time("abc", "abd"));
  CHECK_FALSE(equal_in_constant_time("abab", "ab"));
  CHECK_FALSE(equal_in_constant_time("ab", "abab"));
  CHECK_FALSE(equal_in_constant_time("", "a"));
  CHECK_FALSE(equal_in_constant_time("a", ""));
}

}  // namespace pinion::admin
