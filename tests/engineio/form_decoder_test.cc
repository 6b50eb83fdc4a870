#include "engineio/form_decoder.h"

#include <doctest/doctest.h>

#include <string>

namespace pinion::engineio {
namespace {

std::string decode(std::string_view value) {
  FormDecoder decoder;
  std::string text;
  for (const char c : value) {
    Piece piece;
    const bool goes_on = decoder.push(c, piece);
    text += piece.view();
    if (!goes_on) return text;
  }
  Piece piece;
  decoder.finish(piece);
  return text.append(piece.view());
}

}  // namespace

TEST_CASE("form values are decoded as querystring does") {
  CHECK(decode("").empty());
  CHECK(decode("6%3A4plain") == "6:4plain");
  CHECK(decode("a+b%2B") == "a b+");
  CHECK(decode("%C3%A9%1e") == "\xC3\xA9\x1E");
  CHECK(decode("a&b=c") == "a");
}

TEST_CASE("broken escapes stay as they are") {
  CHECK(decode("%") == "%");
  CHECK(decode("%4") == "%4");
  CHECK(decode("%&x") == "%");
  CHECK(decode("%4&x") == "%4");
  CHECK(decode("%zz") == "%zz");
  CHECK(decode("%4z") == "%4z");
  CHECK(decode("%%41") == "%A");
  CHECK(decode("%4%41") == "%4A");
  CHECK(decode("%4+") == "%4 ");
}

TEST_CASE("newlines come back as the server reads them") {
  CHECK(decode(R"(a\nb)") == "a\nb");
  CHECK(decode(R"(a\\nb)") == R"(a\nb)");
  CHECK(decode(R"(a\\\nb)") == R"(a\\nb)");
  CHECK(decode(R"(a\b)") == R"(a\b)");
  CHECK(decode(R"(a\\b)") == R"(a\\b)");
  CHECK(decode("a%5Cnb") == "a\nb");
  CHECK(decode("a%5C%6Eb") == "a\nb");
  CHECK(decode("a%5C") == "a\\");
  CHECK(decode("a%5C%5C&") == "a\\\\");
  CHECK(decode("%5C%4z") == "\\%4z");
}

}  // namespace pinion::engineio
