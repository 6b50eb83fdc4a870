#include "cli/units.h"

#include <doctest/doctest.h>

namespace pinion::cli {

TEST_CASE("bytes") {
  CHECK(human_bytes(0) == "0");
  CHECK(human_bytes(1023) == "1023");
  CHECK(human_bytes(1024) == "1.0K");
  CHECK(human_bytes(12 * 1024 + 100) == "12.1K");
  CHECK(human_bytes(1024.0 * 1024 - 1) == "1.0M");
  CHECK(human_bytes(3.0 * 1024 * 1024 * 1024) == "3.0G");
  CHECK(human_bytes(18446744073709551615.0) == "16.0E");
}

TEST_CASE("durations") {
  CHECK(human_duration(0) == "0ms");
  CHECK(human_duration(999) == "999ms");
  CHECK(human_duration(1999) == "1s");
  CHECK(human_duration(61'000) == "1m01s");
  CHECK(human_duration(11'520'500) == "3h12m");
  CHECK(human_duration(100.0 * 3600 * 1000) == "4d04h");
}

TEST_CASE("grouped") {
  CHECK(grouped(0) == "0");
  CHECK(grouped(999) == "999");
  CHECK(grouped(1000) == "1,000");
  CHECK(grouped(1234567) == "1,234,567");
}

}  // namespace pinion::cli
