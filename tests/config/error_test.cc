#include "config/error.h"

#include <doctest/doctest.h>

namespace pinion::config {

TEST_CASE("an error reads FILE:LINE:COLUMN: error: key: message, without what is not known") {
  CHECK(to_text({"f.toml", {3, 11}, "[proxy].workers", "x"}) ==
        "f.toml:3:11: error: [proxy].workers: x");
  CHECK(to_text({"f.toml", {3, 11}, "", "x"}) == "f.toml:3:11: error: x");
  CHECK(to_text({"f.toml", {}, "", "x"}) == "f.toml: error: x");
}

TEST_CASE("quoted keeps a message one line and of bounded length") {
  CHECK(in_quotes("chat") == "\"chat\"");
  CHECK(in_quotes("a\nb\x1b[31m\x7f") == "\"a\\x0ab\\x1b[31m\\x7f\"");
  CHECK(in_quotes("\xc3\xa4") == "\"\xc3\xa4\"");
  CHECK(in_quotes(std::string(1000, 'x')) == "\"" + std::string(80, 'x') + "...\"");
}

TEST_CASE("errors come in the order of the file") {
  ErrorList list("f");
  CHECK(list.empty());
  list.add({7, 1}, "", "c");
  list.add({2, 9}, "", "b");
  list.add({2, 1}, "", "a");
  list.add({7, 1}, "", "d");
  std::string order;
  for (const auto& error : list.take()) order += error.message;
  CHECK(order == "abcd");
  CHECK(list.empty());
}

}  // namespace pinion::config
