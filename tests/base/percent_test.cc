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

TEST_CASE("percent_encode makes what is decoded to the same") {
  CHECK(percent_encode("AZaz09-._~") == "AZaz09-._~");
  CHECK(percent_encode("a b+c/d?&=%") == "a%20b%2Bc%2Fd%3F%26%3D%25");
  CHECK(percent_encode("").empty());
  std::string every;
  for (int c = 0; c < 256; ++c) every.push_back(static_cast<char>(c));
  CHECK(percent_decode(percent_encode(every), PlusMeans::space) == every);
  CHECK(percent_decode(percent_encode(every), PlusMeans::plus) == every);
}

}  // namespace pinion
