#include "log/once_per.h"

#include <doctest/doctest.h>

#include <chrono>
#include <string>

namespace pinion::log {

using std::chrono::seconds;

TEST_CASE("the same key once an interval, with what was held back") {
  OncePer once{seconds(10)};
  const TimePoint start{seconds(100)};
  CHECK(once.admit("a", start) == 0);
  CHECK_FALSE(once.admit("a", start + seconds(1)).has_value());
  CHECK_FALSE(once.admit("a", start + seconds(9)).has_value());
  CHECK(once.admit("b", start + seconds(9)) == 0);
  CHECK(once.admit("a", start + seconds(10)) == 2);
  CHECK_FALSE(once.admit("a", start + seconds(19)).has_value());
  CHECK(once.admit("a", start + seconds(30)) == 1);
}

TEST_CASE("a flood of keys does not grow the memory") {
  OncePer once{seconds(10), 3};
  const TimePoint start{seconds(100)};
  for (int i = 0; i < 3; ++i) once.admit(std::to_string(i), start + seconds(i));
  CHECK(once.admit("3", start + seconds(3)) == 0);               // "0" made room
  CHECK_FALSE(once.admit("1", start + seconds(3)).has_value());  // the younger ones stay
  CHECK(once.admit("0", start + seconds(4)) == 0);
}

}  // namespace pinion::log
