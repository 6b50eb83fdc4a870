#include "loadgen/text_template.h"

#include <doctest/doctest.h>

namespace pinion::loadgen {
namespace {

std::string filled(std::string_view text, std::uint64_t n = 1, std::size_t pad = 3) {
  Random random(1);
  std::string out;
  TextTemplate(text, pad).append_to(out, {.id = "ID", .n = n, .random = random});
  return out;
}

}  // namespace

TEST_CASE("text without places is itself") {
  for (const char* text : {"", "x", "{}", "{", "}", R"({"a":{"b":[1]}})", "{i}", "{id", "{ID}"}) {
    CHECK(filled(text) == text);
  }
}

TEST_CASE("places are filled, wherever they stand") {
  CHECK(filled("{id}") == "ID");
  CHECK(filled(R"({"sessionId":"{id}"})") == R"({"sessionId":"ID"})");
  CHECK(filled("{n}{n}{id}{pad}{n}", 42) == "4242IDxxx42");
  CHECK(filled("{{id}}") == "{ID}");
  CHECK(filled("a{id}b{pad}c", 1, 0) == "aIDbc");
}

TEST_CASE("each {uuid} is another one") {
  const std::string two = filled("{uuid} {uuid}");
  REQUIRE(two.size() == 73);
  CHECK(two.substr(0, 36) != two.substr(37));
}

TEST_CASE("what is put in is not looked at again") {
  Random random(1);
  std::string out = "before ";
  TextTemplate("{id}", 0).append_to(out, {.id = "{n}", .n = 5, .random = random});
  CHECK(out == "before {n}");
}

}  // namespace pinion::loadgen
