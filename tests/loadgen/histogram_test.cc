#include "loadgen/histogram.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <vector>

namespace pinion::loadgen {

using std::chrono::hours;
using std::chrono::microseconds;
using std::chrono::nanoseconds;

TEST_CASE("an empty histogram says zero") {
  const Histogram empty;
  CHECK(empty.count() == 0);
  CHECK(empty.longest() == Duration{0});
  CHECK(empty.percentile(0.99) == Duration{0});
}

TEST_CASE("percentiles of few values are these values") {
  Histogram times;
  for (int i = 1; i <= 100; ++i) times.record(microseconds{i});
  CHECK(times.count() == 100);
  CHECK(times.percentile(0.0) == microseconds{1});
  CHECK(times.percentile(0.5) == microseconds{50});
  CHECK(times.percentile(0.9) == microseconds{90});
  CHECK(times.percentile(0.99) == microseconds{99});
  CHECK(times.percentile(1.0) == microseconds{100});
  CHECK(times.longest() == microseconds{100});
}

TEST_CASE("every percentile is good to 1/64, over all magnitudes") {
  std::mt19937 random(5);
  std::uniform_real_distribution<double> magnitude(0, 31.9);
  std::vector<std::uint64_t> values;
  Histogram times;
  for (int i = 0; i < 20'000; ++i) {
    values.push_back(static_cast<std::uint64_t>(std::exp2(magnitude(random))));
    times.record(microseconds{values.back()});
  }
  std::ranges::sort(values);
  for (std::size_t percent = 1; percent <= 100; ++percent) {
    const std::uint64_t exact = values[values.size() * percent / 100 - 1];
    const auto told = static_cast<std::uint64_t>(
        times.percentile(static_cast<double>(percent) / 100) / microseconds{1});
    CAPTURE(percent);
    CHECK(told >= exact);
    CHECK(told <= exact + exact / 64);
  }
  CHECK(times.longest() == microseconds{values.back()});
}

TEST_CASE("each value at the edge of a bucket is told within it") {
  for (unsigned bit = 1; bit < 32; ++bit) {
    for (const std::uint64_t value : {(1ULL << bit) - 1, 1ULL << bit, (1ULL << bit) + 1}) {
      Histogram times;
      times.record(microseconds{value});
      times.record(microseconds{Histogram::kLongest});
      const auto told = static_cast<std::uint64_t>(times.percentile(0.5) / microseconds{1});
      CHECK(told >= value);
      CHECK(told <= value + value / 64);
    }
  }
}

TEST_CASE("what is out of range counts at its end") {
  Histogram times;
  times.record(microseconds{-5});
  CHECK(times.percentile(1) == Duration{0});
  times.record(nanoseconds{999});
  CHECK(times.longest() == Duration{0});
  times.record(hours{100});
  CHECK(times.longest() == microseconds{Histogram::kLongest});
  CHECK(times.percentile(1) == microseconds{Histogram::kLongest});
  CHECK(times.count() == 3);
  times.clear();
  CHECK(times.count() == 0);
  CHECK(times.longest() == Duration{0});
}

}  // namespace pinion::loadgen
