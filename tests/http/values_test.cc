#include "http/values.h"

#include <doctest/doctest.h>

#include <initializer_list>

namespace pinion::http {
namespace {

Fields cookies(std::initializer_list<std::string_view> values) {
  Fields fields;
  fields.add("Host", "a=host");
  for (const std::string_view value : values) fields.add("cOOkie", value);
  fields.add("Set-Cookie", "a=answer");
  return fields;
}

/// Of one field; "none" when there is no value.
std::string cookie_of(std::string_view field, std::string_view name = "a") {
  return std::string(cookie_value(cookies({field}), name).value_or("none"));
}

}  // namespace

TEST_CASE("a parameter of the query, decoded") {
  CHECK(query_value("session_id=x", "session_id") == "x");
  CHECK(query_value("t=1&session_id=x&u", "session_id") == "x");
  CHECK(query_value("session%5Fid=x", "session_id") == "x");
  CHECK(query_value("a=x%20y+z%2B%zz", "a") == "x y z+%zz");
  CHECK(query_value("a=b=c", "a") == "b=c");
  CHECK(query_value("a=x&a=y", "a") == "y");
  CHECK(query_value("a=x&%61=y", "a") == "y");
}

TEST_CASE("a parameter that is not there, or empty, has no value") {
  CHECK_FALSE(query_value("", "a"));
  CHECK_FALSE(query_value("a", "a"));
  CHECK_FALSE(query_value("a=", "a"));
  CHECK_FALSE(query_value("a=x&a=", "a"));
  CHECK_FALSE(query_value("A=x", "a"));
  CHECK_FALSE(query_value("b=a&ab=x&&=a", "a"));
}

TEST_CASE("a cookie is found among others") {
  CHECK(cookie_of("a=b") == "b");
  CHECK(cookie_of("x=y; a=b; z=1") == "b");
  CHECK(cookie_of("x=y;a=b;z=1") == "b");
  CHECK(cookie_of("a=b=c==") == "b=c==");
  CHECK(cookie_of(" a = b \t; c=d") == "b");
  CHECK(cookie_of("X-Chainlit-Session-id=7c9e", "X-Chainlit-Session-id") == "7c9e");
}

TEST_CASE("a cookie's value loses its quotes and nothing else") {
  CHECK(cookie_of("a=\"b\"") == "b");
  CHECK(cookie_of("a=\"b") == "\"b");
  CHECK(cookie_of("a=\"") == "\"");
  CHECK(cookie_of("a=b%20c+d") == "b%20c+d");
  CHECK(cookie_of("a=\" b \"") == " b ");
}

TEST_CASE("names of cookies are case-sensitive and whole") {
  CHECK(cookie_of("A=b") == "none");
  CHECK(cookie_of("aa=b; b=a; xa=c; a") == "none");
  CHECK(cookie_of("") == "none");
  CHECK(cookie_of(";;=;a") == "none");
  CHECK(cookie_of("b=\"x; a=y\"") == "y\"");
}

TEST_CASE("of several cookies the first counts, over all Cookie fields") {
  CHECK(cookie_of("a=1; a=2") == "1");
  CHECK(cookie_value(cookies({"b=0", "a=1; c=3", "a=2"}), "a") == "1");
  CHECK(cookie_value(cookies({"b=0", "c=3", "a=2"}), "a") == "2");
  CHECK_FALSE(cookie_value(cookies({}), "a"));
}

TEST_CASE("an empty cookie is none") {
  CHECK(cookie_of("a=") == "none");
  CHECK(cookie_of("a=\"\"") == "none");
  CHECK(cookie_of("a=; a=2") == "none");
  CHECK_FALSE(cookie_value(cookies({"a=", "a=2"}), "a"));
}

}  // namespace pinion::http
