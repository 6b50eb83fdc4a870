#include "base/ascii.h"

#include <doctest/doctest.h>

namespace pinion {

TEST_CASE("iequals ignores only the case of letters") {
  CHECK(iequals("Content-Length", "content-LENGTH"));
  CHECK_FALSE(iequals("a", "ab"));
  CHECK_FALSE(iequals("@", "`"));
  CHECK(iequals("", ""));
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
