#include "base/ascii.h"

#include <doctest/doctest.h>

namespace pinion {

TEST_CASE("iequals ignores only the case of letters") {
  CHECK(iequals("Content-Length", "content-LENGTH"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK(iequals("", ""));
}

TEST_CASE("iequals compares each byte, wherever it stands") {
  // Every pair of bytes at every place of texts that are shorter and longer than a word.
  for (const std::size_t size : {1U, 7U, 8U, 9U, 17U}) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int x = 0; x < 256; ++x) {
        std::string a(size, 'a');
        std::string b(size, 'A');
        a[at] = static_cast<char>(x);
        for (const int y : {x, x ^ 0x20, x ^ 0x80, x ^ 0x01}) {
          b[at] = static_cast<char>(y);
          const bool equal = ascii_lower(a[at]) == ascii_lower(b[at]);
          if (iequals(a, b) != equal) FAIL("at ", at, " of ", size, ": ", x, " and ", y);
        }
      }
    }
  }
}

TEST_CASE("parse_decimal takes digits and nothing else") {
  CHECK(parse_decimal("0") == 0U);
  CHECK(parse_decimal("18446744073709551615") == 18446744073709551615U);
  for (const auto* bad : {"", "+1", "-1", "1 ", " 1", "0x1", "18446744073709551616", "1,1"}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_decimal(bad).has_value());
  }
}

TEST_CASE("lists skip empty elements and white space") {
  std::string_view list = " a ,, b,\t";
  CHECK(next_list_element(list) == "a");
  CHECK(next_list_element(list) == "b");
  CHECK_FALSE(next_list_element(list).has_value());
  CHECK(list_contains("keep-alive, Upgrade", "upgrade"));
  CHECK_FALSE(list_contains("upgraded", "upgrade"));
}

TEST_CASE("trim_ows takes spaces and tabs only") {
  CHECK(trim_ows(" \tx y\t ") == "x y");
  CHECK(trim_ows(" \t").empty());
  CHECK(trim_ows("\rx") == "\rx");
}

}  // namespace pinion
