#include "config/syntax.h"

#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {
namespace {

struct Slip {
  const char* text;
  const char* hint;
};

std::string dotted(std::size_t parts) {
  std::string key = "a";
  for (std::size_t i = 1; i < parts; ++i) key += ".a";
  return key;
}

}  // namespace

TEST_CASE("each usual slip in TOML gets the hint that helps") {
  const Slip cases[] = {
      {"[[pool]]\nname = chat\n", "texts, addresses, times and sizes are in quotes"},
      {"[proxy]\nlisten = 127.0.0.1:80\n", "texts, addresses, times and sizes are in quotes"},
      {"[proxy.timeouts]\nconnect = 10s\n", "texts, addresses, times and sizes are in quotes"},
      {"[log]\nlevel = true1\n", "texts, addresses, times and sizes are in quotes"},
      {"[log]\nlevel = \"info\n", "a text ends with the quote"},
      {"[log]\nlevel: \"info\"\n", "a line reads key = value"},
      {"[log]\nlevel =", "a value is missing"},
      {"[log]\nlevel = \"info\"\nlevel = \"info\"\n", "write each key and each [section] once"},
      {"[log]\n[log]\n", "write each key and each [section] once"},
      {"[pool]\nname = \"a\"\n[[pool]]\n", "[[pool]], [[pool.backend]] and [[route]] always have"},
      {"[proxy]\nlisten = [\"a:1\"\nworkers = 1\n", "a list reads"},
      {"[proxy\n", "a section reads [name] or [[name]]"},
      {"# \xff\n", "save the file as UTF-8"},
      {"[log]\nlevel = # info\n", "a value is missing"},
  };
  for (const auto& each : cases) {
    CAPTURE(each.text);
    const auto errors = sample::errors_of(each.text);
    CHECK(errors.size() == 1);
    CHECK_MESSAGE(errors[0].find(std::string("; ") + each.hint) != std::string::npos, errors[0]);
    CHECK(errors[0].find("error: the file is not valid TOML: ") != std::string::npos);
  }
}

TEST_CASE("what the parser says stands without a hint when there is none") {
  CHECK(syntax_message("strange") == "the file is not valid TOML: strange");
}

TEST_CASE("a line break that the parser quotes does not break the message's line") {
  CHECK(syntax_message("expected 'true', saw 't\n'") ==
        "the file is not valid TOML: expected 'true', saw 't\\x0a'");
}

TEST_CASE("a key of very many parts is refused before the parser recurses into it") {
  CHECK_FALSE(fatal_to_parser(dotted(65) + " = 1\n" + dotted(65) + " = 1\n").has_value());
  CHECK(fatal_to_parser("\n" + dotted(66) + " = 1\n")->at == Position{2, 1});
  CHECK_FALSE(fatal_to_parser("# " + dotted(200) + "\nx = \"" + dotted(200) + "\"\n").has_value());
  CHECK(sample::error_of(dotted(200'000) + " = 1\n") == "1:1: error: a key has at most 65 parts");
}

TEST_CASE("characters beyond ASCII are for quotes and comments") {
  for (const auto* good : {"# \xc3\xa4\n", "x = \"\xc3\xa4\"\n", "x = '\xc3\xa4' # \xc3\xa4\n",
                           "x = \"\\\"\xc3\xa4\"\n", "\xef\xbb\xbfx = 1\n"}) {
    CAPTURE(good);
    CHECK_FALSE(fatal_to_parser(good).has_value());
  }
  for (const auto* bad : {"\xc3\xa4 = 1\n", "x = \xc3\xa4\n", "x = \"\\\\\"\xc3\xa4\n",
                          "x = \xe2\x80\x9cy\xe2\x80\x9d\n", "[\xcc\xaa\n"}) {
    CAPTURE(bad);
    CHECK(sample::error_of(bad).find(
              "1:1: error: the file is not valid TOML: a character beyond ASCII outside "
              "of quotes; ") == 0);
  }
}

TEST_CASE("what trips the parser's own assertions is an error like any other") {
  for (const auto* broken : {"[[[pool]]]\n", "[=\n", "[[=", "[&", "[\n", "[ [ #\n", "[[\r\n",
                             "[.a]\n", "a = ,\n", "a = ]\n", "a = [,]\n", "a = {b=}\n",
                             "a = [1 }\n", "a = #\n", "[]\n", "[[]]\n", "[", "[[", "[\""}) {
    CAPTURE(broken);
    const auto errors = sample::errors_of(broken);
    CHECK(errors.size() == 1);
    CHECK_MESSAGE(errors[0].find("error: the file is not valid TOML: ") != std::string::npos,
                  errors[0]);
  }
}

TEST_CASE("deep nesting is refused, not followed") {
  const std::string open(200, '[');
  const std::string close(200, ']');
  CHECK(sample::error_of("x = " + open + close + "\n").find("1:1: error: x: unknown key") == 0);
  CHECK(sample::errors_of("x = " + std::string(100'000, '[')).size() == 1);
}

}  // namespace pinion::config
