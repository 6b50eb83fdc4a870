#include "config/id_place.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::config {
namespace {

struct PlaceText {
  const char* text;
  IdSource source;
  const char* name;
};

struct WrongPlace {
  std::string text;
  std::string error;
};

}  // namespace

TEST_CASE("places are read and written as the same text") {
  const PlaceText cases[] = {
      {"connect:sessionId", IdSource::connect, "sessionId"},
      {"query:session_id", IdSource::query, "session_id"},
      {"query:a:b", IdSource::query, "a:b"},
      {"header:x-session-id", IdSource::header, "x-session-id"},
      {"cookie:X-Chat.id", IdSource::cookie, "X-Chat.id"},
      {"json:\xc3\xa4", IdSource::json, "\xc3\xa4"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto place = parse_id_place(each.text);
    REQUIRE(place.has_value());
    CHECK(place->source == each.source);
    CHECK(place->name == each.name);
    CHECK(to_text(*place) == each.text);
  }
}

TEST_CASE("names of header fields come in lower case, others as they are") {
  CHECK(parse_id_place("header:X-Session-Id") == parse_id_place("header:x-session-id"));
  CHECK_FALSE(parse_id_place("cookie:A") == parse_id_place("cookie:a"));
}

TEST_CASE("a name has 1 to 64 bytes") {
  CHECK(parse_id_place("query:" + std::string(64, 'a')).has_value());
  CHECK(parse_id_place("query:" + std::string(65, 'a'))
            .error()
            .find("has a name of 65 bytes, 64 are possible") != std::string::npos);
}

TEST_CASE("what is no place is told why") {
  const WrongPlace cases[] = {
      {"sessionId", "\"sessionId\" does not say where the id stands"},
      {"", "\"\" does not say where the id stands"},
      {"headers:x", "begins with \"headers\", which is unknown (did you mean \"header\"?)"},
      {"Cookie:x", "which is unknown (did you mean \"cookie\"?)"},
      {":x", "begins with \"\", which is unknown"},
      {"query:", "\"query:\" has no name behind its ':'"},
      {"header:a b", "the name \"a b\" has a ' ' in it"},
      {"header:a:b", "the name \"a:b\" has a ':' in it"},
      {"cookie:a=b", "the name \"a=b\" has a '=' in it"},
      {"cookie:\xc3\xa4", "has a character in it that a name cannot have"},
      {"query: a", "has a space or a control character in its name"},
      {"json:a\nb", "has a space or a control character in its name"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto place = parse_id_place(each.text);
    REQUIRE_FALSE(place.has_value());
    CHECK_MESSAGE(place.error().find(each.error) != std::string::npos, place.error());
  }
}

}  // namespace pinion::config
