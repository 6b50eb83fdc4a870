#include "balance/capacity.h"

#include <doctest/doctest.h>

#include "watched.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;
using config::Balance;
using test::Watched;

std::vector<std::uint32_t> of(const Watched& pool, Balance balance = Balance::least_load) {
  return capacities(pool.set()->backends, balance, pool.now);
}

constexpr std::uint32_t kOne = Backend::kWeightUnit;

}  // namespace

TEST_CASE("one that is three times slower is to have a third, where speeds are measured") {
  Watched w(3);
  for (std::size_t i = 0; i < 3; ++i) w.add_sessions(i, 50);
  CHECK(of(w) == std::vector{kOne, kOne, kOne});
  w.live(60s, {{.frames_a_tick = 50, .busy = 0.25},
               {.frames_a_tick = 50, .busy = 0.3},
               {.frames_a_tick = 50, .busy = 0.75}});
  const auto parts = of(w);
  CHECK(parts[0] == kOne);
  CHECK(parts[1] == kOne);
  CHECK(parts[2] == doctest::Approx(kOne / 2.5).epsilon(0.15));
  CHECK(of(w, Balance::least_sessions) == std::vector{kOne, kOne, kOne});
  w.now += 11s;
  CHECK(of(w) == std::vector{kOne, kOne, kOne});
}

TEST_CASE(
    "a pool with nothing to do is counted by weight, and so are differences that may be noise") {
  Watched w(2);
  for (std::size_t i = 0; i < 2; ++i) w.add_sessions(i, 50);
  w.live(60s, {{.frames_a_tick = 50, .busy = 0.02}, {.frames_a_tick = 50, .busy = 0.1}});
  CHECK(of(w) == std::vector{kOne, kOne});
  w.live(120s, {{.frames_a_tick = 50, .busy = 0.4}, {.frames_a_tick = 50, .busy = 0.6}});
  CHECK(of(w) == std::vector{kOne, kOne});
}

TEST_CASE("weights multiply what is measured, and one that nobody has measured counts by its own") {
  Watched w(0);
  w.backends.add(3);
  w.backends.add(1);
  w.watch();
  w.add_sessions(0, 50);
  w.add_sessions(1, 50);
  w.live(60s, {{.frames_a_tick = 50, .busy = 0.2}, {.frames_a_tick = 50, .busy = 0.8}});
  const auto parts = of(w);
  // Of two the one that costs less is usual.
  CHECK(parts[0] == 3 * kOne);
  CHECK(parts[1] == doctest::Approx(kOne / 4.0).epsilon(0.15));
}

}  // namespace pinion::balance
