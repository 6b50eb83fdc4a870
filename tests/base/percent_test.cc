#include "base/percent.h"

#include <doctest/doctest.h>

namespace pinion {

TEST_CASE("percent_decode reads what servers read") {
  CHECK(percent_decode("%73id", PlusMeans::space) == "sid");
  CHECK(percent_decode("a+b", PlusMeans::space) == "a b");
  CHECK(percent_decode("a+b", PlusMeans::plus) == "a+b");
  CHECK(percent_decode("%2B", PlusMeans::space) == "+");
  CHECK(percent_decode("%00", PlusMeans::space) == std::string(1, '\0'));
}

TEST_CASE("percent_decode leaves broken escapes alone") {
  CHECK(percent_decode("%", PlusMeans::space) == "%");
  CHECK(percent_decode("%4", PlusMeans::space) == "%4");
  CHECK(percent_decode("%zz%41", PlusMeans::space) == "%zzA");
}

}  // namespace pinion
