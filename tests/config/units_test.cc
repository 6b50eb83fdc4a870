#include "config/units.h"

#include <doctest/doctest.h>

#include <random>

namespace pinion::config {

using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

TEST_CASE("durations are a whole number and a unit") {
  CHECK(parse_duration("250ms") == Duration{milliseconds{250}});
  CHECK(parse_duration("10s") == Duration{seconds{10}});
  CHECK(parse_duration("5m") == Duration{minutes{5}});
  CHECK(parse_duration("1h") == Duration{hours{1}});
  CHECK(parse_duration("0s") == Duration{});
  CHECK(parse_duration("0") == Duration{});
  CHECK(parse_duration("007s") == Duration{seconds{7}});
}

TEST_CASE("sizes are a whole number and a unit") {
  CHECK(parse_size("0") == 0U);
  CHECK(parse_size("512B") == 512U);
  CHECK(parse_size("64KiB") == 65536U);
  CHECK(parse_size("1MiB") == 1U << 20);
  CHECK(parse_size("3GiB") == 3ULL << 30);
  CHECK(parse_size("16777215TiB") == 16777215ULL << 40);
}

TEST_CASE("what is no duration or size is told apart from what is too large") {
  for (const auto* bad :
       {"", " ", "s", "1", "1.5s", "-1s", "+1s", "1 s", "10s ", "1m30s", "1d", "s1"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_duration(bad).has_value());
    CHECK(parse_duration(bad).error().find("is not a duration, write ") != std::string::npos);
  }
  for (const auto* bad : {"", "64", "64k", "64 KiB", "-1B", "1.5MiB", "KiB", "1PiB"}) {
    CAPTURE(bad);
    REQUIRE_FALSE(parse_size(bad).has_value());
    CHECK(parse_size(bad).error().find("is not a size, write ") != std::string::npos);
  }
  for (const auto* large :
       {"18446744073709551616B", "16777216TiB", "99999999999999999999999999KiB"}) {
    CAPTURE(large);
    CHECK(parse_size(large).error().find("is too large") != std::string::npos);
  }
  CHECK(parse_duration("2562048h").error() == "\"2562048h\" is too large");
}

TEST_CASE("a unit that people use elsewhere is answered with ours") {
  CHECK(parse_duration("2sec").error() == "\"2sec\" is not a duration, write \"2s\"");
  CHECK(parse_duration("5 min").error() == "\"5 min\" is not a duration, write \"5m\"");
  CHECK(parse_duration("1H").error() == "\"1H\" is not a duration, write \"1h\"");
  CHECK(parse_size("64KB").error() == "\"64KB\" is not a size, write \"64KiB\"");
  CHECK(parse_size("1M").error() == "\"1M\" is not a size, write \"1MiB\"");
  CHECK(parse_size("10kib").error() == "\"10kib\" is not a size, write \"10KiB\"");
}

TEST_CASE("formatting takes the largest unit that loses nothing") {
  CHECK(format_duration(Duration{}) == "0s");
  CHECK(format_duration(milliseconds{1500}) == "1500ms");
  CHECK(format_duration(seconds{75}) == "75s");
  CHECK(format_duration(seconds{60}) == "1m");
  CHECK(format_duration(hours{24}) == "24h");
  CHECK(format_size(0) == "0");
  CHECK(format_size(1023) == "1023B");
  CHECK(format_size(65536) == "64KiB");
  CHECK(format_size(1ULL << 40) == "1TiB");
}

TEST_CASE("what is formatted reads as the same value") {
  std::mt19937_64 random{7};
  for (int i = 0; i < 2000; ++i) {
    // Values of every magnitude, often with many trailing zero bits.
    const auto value = (random() >> (random() % 64)) << (random() % 41);
    CHECK(parse_size(format_size(value)) == value);
    const milliseconds time{static_cast<std::int64_t>(value >> 24)};
    CHECK(parse_duration(format_duration(time)) == Duration{time});
  }
}

}  // namespace pinion::config
