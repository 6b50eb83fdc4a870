// Pools above Assigner::kMostCompared, of which least_load draws two.
#include <doctest/doctest.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

#include "backends.h"
#include "balance/agent_line.h"
#include "balance/assigner.h"
#include "support/start.h"

namespace pinion::balance {
namespace {

using config::Balance;
using pinion::test::kStart;
using test::reserve;
using namespace std::chrono_literals;

constexpr std::size_t kLarge = Assigner::kMostCompared + 1;

struct Pool {
  explicit Pool(std::size_t size) {
    for (std::size_t i = 0; i < size; ++i) b.add();
  }
  /// Where a session would go that does not stay. @returns null: nowhere
  Backend* place(std::span<Backend* const> tried = {}) {
    return assigner.assign_session(set(), tried, kStart).reservation.backend();
  }
  /// Whether only that one is taken, time and again.
  bool goes_to(const Backend& only, std::span<Backend* const> tried = {}) {
    for (int i = 0; i < 200; ++i) {
      if (place(tried) != &only) return false;
    }
    return true;
  }
  BackendSet set() const {
    BackendSet all = b.set(Balance::least_load);
    all.rate = rate;
    return all;
  }
  void all_but(std::size_t index, const std::function<void(Backend&)>& change) {
    for (std::size_t i = 0; i < set().backends.size(); ++i) {
      if (i != index) change(b[i]);
    }
  }

  test::Backends b;
  std::uint32_t rate = 0;
  SharedTurns turns{1};
  Assigner assigner{turns, 1};
};

void agent_says(Backend& backend, std::string_view line) {
  backend.agent().take(*parse_agent_line(line).line);
}

void publish(Backend& backend, LoadReading reading) {
  reading.at = kStart;
  backend.publish_load(reading);
}

}  // namespace

TEST_CASE("who is asked why one was taken hears of those that were drawn, not of all") {
  Pool pool(kLarge);
  Backend* const taken = pool.place();
  const auto compared = pool.assigner.compared();
  CHECK(compared.size() == 2);
  CHECK(std::ranges::count(compared, taken, &Candidate::backend) == 1);
}

TEST_CASE("a pool is compared whole up to 64 backends, and drawn from above") {
  for (const std::size_t size : {Assigner::kMostCompared, kLarge}) {
    Pool pool(size);
    pool.all_but(7, [](Backend& one) { reserve(one).confirm(true); });
    CHECK(pool.goes_to(pool.b[7]) == (size == Assigner::kMostCompared));
  }
}

TEST_CASE("of those that are drawn the better one is taken") {
  Pool pool(kLarge);
  pool.all_but(7, [](Backend& one) { reserve(one).confirm(true); });
  // It is one of the two in 2 of 65 draws, and wins each of them.
  int taken = 0;
  for (int i = 0; i < 6500; ++i) taken += pool.place() == &pool.b[7] ? 1 : 0;
  CHECK(taken > 150);
  CHECK(taken < 250);
}

TEST_CASE("the only one of a large pool that takes sessions is found, whatever the others are") {
  Pool pool(kLarge);
  std::function<void(Backend&)> change;
  SUBCASE("down") {
    change = [](Backend& one) { one.health().connect_failed(kStart); };
  }
  SUBCASE("draining") {
    change = [](Backend& one) { one.set_draining(true); };
  }
  SUBCASE("full") {
    change = [](Backend& one) {
      one.set_standing({.level = Level::full, .by = Limit::loop_delay});
    };
  }
  SUBCASE("busy") {
    change = [](Backend& one) {
      one.set_standing({.level = Level::busy, .by = Limit::loop_delay});
    };
  }
  SUBCASE("not due") {
    pool.rate = 1;
    change = [](Backend& one) { CHECK(one.pace().take(kStart, 1)); };
    pool.all_but(64, change);
    CHECK(pool.place() == &pool.b[64]);
    CHECK(pool.assigner.assign_session(pool.set(), {}, kStart).refusal == Assigner::Refusal::paced);
    return;
  }
  pool.all_but(64, change);
  CHECK(pool.goes_to(pool.b[64]));
}

TEST_CASE("none of a large pool that was tried is drawn again") {
  Pool pool(kLarge);
  std::vector<Backend*> tried;
  pool.all_but(3, [&](Backend& one) { tried.push_back(&one); });
  CHECK(pool.goes_to(pool.b[3], tried));
  tried.push_back(&pool.b[3]);
  CHECK(pool.place(tried) == nullptr);
}

TEST_CASE("one that is hot is drawn only beside others that are") {
  Pool pool(kLarge);
  // Half of them: two that are not are soon found.
  for (std::size_t i = 0; i < kLarge; i += 2) publish(pool.b[i], {.wait = 60ms, .hot = true});
  for (int i = 0; i < 500; ++i) CHECK_FALSE(pool.place()->forecast().hot);
  for (std::size_t i = 1; i < kLarge; i += 2) publish(pool.b[i], {.wait = 70ms, .hot = true});
  CHECK(pool.place() != nullptr);
}

TEST_CASE("an agent's percent is a part of the lot") {
  Pool pool(kLarge);
  for (std::size_t i = 0; i < kLarge; i += 2) {
    agent_says(pool.b[i], "20%");
  }
  int of_those = 0;
  for (int i = 0; i < 4000; ++i) of_those += pool.place()->agent().percent() == 20 ? 1 : 0;
  // 33 backends of a fifth beside 32 whole ones.
  const double share = of_those / 4000.0;
  CHECK(share > 0.10);
  CHECK(share < 0.25);
  SUBCASE("and one that is left with next to nothing is still found when it is alone") {
    pool.all_but(5, [](Backend& one) { one.set_draining(true); });
    agent_says(pool.b[5], "1%");
    CHECK(pool.goes_to(pool.b[5]));
  }
}

}  // namespace pinion::balance
