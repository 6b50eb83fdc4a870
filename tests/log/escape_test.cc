#include "log/escape.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <random>
#include <string>

namespace pinion::log {

namespace {
std::string json_of(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}
std::string value_of(std::string_view text) {
  std::string out;
  append_text_value(out, text);
  return out;
}
}  // namespace

TEST_CASE("line breaks and terminal sequences cannot leave a value") {
  CHECK(printable("a\nb\r\tc") == "a\\nb\\r\\tc");
  CHECK(printable("\x1b[31m") == "\\u001b[31m");
  CHECK(printable("\xc2\x9b"
                  "31m") == "\\u009b31m");
  CHECK(printable("\x7f") == "\\u007f");
  CHECK(printable("\xe2\x80\xa8") == "\\u2028");
  CHECK(printable("C:\\n") == "C:\\\\n");
}

TEST_CASE("bytes that are not UTF-8 are shown, not passed on") {
  CHECK(printable("\xff") == "\\xff");
  CHECK(printable("\xc0\xaf") == "\\xc0\\xaf");           // overlong
  CHECK(printable("\xed\xa0\x80") == "\\xed\\xa0\\x80");  // surrogate
  CHECK(printable("\xf4\x90\x80\x80") == "\\xf4\\x90\\x80\\x80");
  CHECK(printable("\xe2\x82") == "\\xe2\\x82");  // cut short
  CHECK(printable("Gr\xc3\xbc\xc3\x9f"
                  "e \xf0\x9f\x98\x80") ==
        "Gr\xc3\xbc\xc3\x9f"
        "e \xf0\x9f\x98\x80");
}

TEST_CASE("a text value is quoted when it would be read wrongly") {
  CHECK(value_of("plain/1.2") == "plain/1.2");
  CHECK(value_of("two words") == "\"two words\"");
  CHECK(value_of("") == "\"\"");
  CHECK(value_of("a\"b") == "\"a\\\"b\"");
  CHECK(value_of("a pool=x") == "\"a pool=x\"");
}

TEST_CASE("whatever the bytes, a JSON string parses, on one line") {
  std::mt19937 random{11};  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same bytes each time
  for (int round = 0; round < 2000; ++round) {
    std::string text(random() % 24, '\0');
    for (char& c : text) c = static_cast<char>(random());
    const std::string json = json_of(text);
    const auto parsed = nlohmann::json::parse(json, nullptr, false);
    REQUIRE(parsed.is_string());
    for (const char c : json) CHECK(static_cast<unsigned char>(c) >= 0x20);
  }
  CHECK(nlohmann::json::parse(json_of("a\"\\\n\x01 \xc3\xbc")) == "a\"\\\n\x01 \xc3\xbc");
}

}  // namespace pinion::log
