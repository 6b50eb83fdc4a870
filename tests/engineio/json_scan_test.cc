#include "engineio/json_scan.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::engineio {
namespace {

bool is_object(std::string_view text) {
  JsonObjectReader object{text};
  while (object.next_member()) object.skip_value();
  return object.complete();
}

std::string nested(std::size_t depth) {
  return R"({"a":)" + std::string(depth, '[') + std::string(depth, ']') + "}";
}

}  // namespace

TEST_CASE("objects are read to their end") {
  CHECK(is_object("{}"));
  CHECK(is_object(" { } \r\n\t"));
  CHECK(is_object(R"({"a":1})"));
  CHECK(
      is_object(R"({ "a" : [ 1 , -0.5e+3 , "x" , { "b" : null } , true,false,[] ,{}] , "c":{} })"));
  CHECK(is_object(R"({"":"","\"":"}"})"));
  CHECK(is_object(nested(kMaxJsonDepth - 1)));
}

TEST_CASE("what is not an object is refused") {
  const std::string_view broken[] = {
      "",
      "[]",
      "1",
      "{",
      "}",
      R"({"a"})",
      R"({"a":})",
      R"({"a":1,})",
      R"({,})",
      R"({"a":1]})",
      R"({"a":01})",
      R"({"a":+1})",
      R"({"a":.5})",
      R"({"a":1.})",
      R"({"a":1e})",
      R"({"a":-})",
      R"({"a":tru})",
      R"({"a":[1,]})",
      R"({"a":[1 2]})",
      R"({"a":{"b"}})",
      R"({"a":{1:2}})",
      R"({a:1})",
      R"({'a':1})",
      R"({"a":1}x)",
      R"({"a":1 "b":2})",
      R"({"a":"\x"})",
      R"({"a":NaN})",
      R"({"a":"b})",
      R"({"a":undefined})",
  };
  for (const auto text : broken) {
    CAPTURE(text);
    CHECK_FALSE(is_object(text));
  }
  CHECK_FALSE(is_object(nested(kMaxJsonDepth)));
  CHECK_FALSE(is_object(nested(10000)));
}

TEST_CASE("members are taken by type, and others are skipped") {
  JsonObjectReader object{R"({"s":"a\u0062","n":-12.5e1,"x":[1],"t":true,"big":1e999})"};
  REQUIRE(object.next_member() == "s");
  CHECK(object.string_value() == "ab");
  REQUIRE(object.next_member() == "n");
  CHECK(object.number_value() == -125.0);
  REQUIRE(object.next_member() == "x");
  CHECK_FALSE(object.string_value());
  REQUIRE(object.next_member() == "t");
  CHECK_FALSE(object.number_value());
  REQUIRE(object.next_member() == "big");
  CHECK_FALSE(object.number_value());
  CHECK_FALSE(object.complete());
  CHECK_FALSE(object.next_member());
  CHECK(object.complete());
}

TEST_CASE("after a failure every call fails") {
  JsonObjectReader object{R"({"a":"\q","b":1})"};
  REQUIRE(object.next_member() == "a");
  CHECK_FALSE(object.string_value());
  CHECK_FALSE(object.next_member());
  CHECK_FALSE(object.number_value());
  CHECK_FALSE(object.complete());
}

}  // namespace pinion::engineio
