#include "engineio/string_decoder.h"

#include <doctest/doctest.h>

#include <optional>
#include <string>

namespace pinion::engineio {
namespace {

using Language = StringDecoder::Language;

/// What stands before the closing quote, or nothing if the literal is bad or has no end.
std::optional<std::string> decode(std::string_view literal, Language language) {
  StringDecoder decoder{language};
  std::string text;
  for (const char c : literal) {
    Piece piece;
    const auto status = decoder.push(c, piece);
    text += piece.view();
    if (status == StringDecoder::Status::closed) return text;
    if (status == StringDecoder::Status::bad) return std::nullopt;
  }
  return std::nullopt;
}

}  // namespace

TEST_CASE("escapes that JSON and JavaScript share") {
  struct Row {
    std::string_view literal, text;
  };
  const Row rows[] = {
      {R"(")", ""},
      {R"(plain")", "plain"},
      {R"(\"\\\/\b\f\n\r\t")", "\"\\/\b\f\n\r\t"},
      {R"(\u0041\u00e9\u20AC")", "A\xC3\xA9\xE2\x82\xAC"},
      {R"(\uD83D\uDE00")", "\xF0\x9F\x98\x80"},
      {R"(\u2028")", "\xE2\x80\xA8"},
      {"\xF0\x9F\x98\x80\"", "\xF0\x9F\x98\x80"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.literal);
    CHECK(decode(row.literal, Language::json) == row.text);
    CHECK(decode(row.literal, Language::javascript) == row.text);
  }
}

TEST_CASE("a surrogate without its partner becomes U+FFFD") {
  const std::string bad = "\xEF\xBF\xBD";
  CHECK(decode(R"(\uD83D")", Language::json) == bad);
  CHECK(decode(R"(\uD83Dx")", Language::json) == bad + "x");
  CHECK(decode(R"(\uDE00\uD83D\n")", Language::json) == bad + bad + "\n");
  CHECK(decode(R"(\uD83D\uD83D\uDE00")", Language::json) == bad + "\xF0\x9F\x98\x80");
  CHECK(decode(R"(\uD83D\u0041")", Language::json) == bad + "A");
}

TEST_CASE("what only JavaScript allows") {
  CHECK(decode(R"(\x41\v\'\q\0")", Language::javascript) == std::string("A\v'q\0", 5));
  CHECK(decode("a\nb\x1E\"", Language::javascript) == "a\nb\x1E");
  CHECK_FALSE(decode(R"(\x41")", Language::json));
  CHECK_FALSE(decode(R"(\v")", Language::json));
  CHECK_FALSE(decode(R"(\')", Language::json));
  CHECK_FALSE(decode("a\nb\"", Language::json));
}

TEST_CASE("what is not a literal") {
  for (const Language language : {Language::json, Language::javascript}) {
    CHECK_FALSE(decode("", language));
    CHECK_FALSE(decode("no end", language));
    CHECK_FALSE(decode(R"(\)", language));
    CHECK_FALSE(decode(R"(\u12")", language));
    CHECK_FALSE(decode(R"(\u12g4")", language));
  }
}

}  // namespace pinion::engineio
