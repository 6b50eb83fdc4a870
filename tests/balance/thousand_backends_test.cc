// How evenly a thousand backends are used, by sessions that come and go, while measurements are a
// second old.
#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <numeric>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kBackends = 1000;
constexpr int kArrivals = 1000;   // a second
constexpr double kLeave = 0.025;  // of the sessions that are there, a second
constexpr int kSeconds = 100;
constexpr int kWarmUp = 60;

// Every third is three times slower. Each session makes ten pieces a second.
double busy_of(std::size_t index, const Backend& backend) {
  const double cost = index % 3 == 0 ? 0.003 : 0.001;
  return 10.0 * static_cast<double>(backend.assigned().total()) * cost;
}

/// Seconds of a thousand backends.
class Crowd {
 public:
  explicit Crowd(std::uint32_t seed) : random_(seed), assigner_(turns_, seed) {
    turns_.grow(1);
    for (std::size_t i = 0; i < kBackends; ++i) backends_.add();
    set_ = std::make_shared<const BackendSet>(backends_.set(config::Balance::least_load));
    keeper_.watch({set_}, now_);
  }

  void pass_a_second() {
    for (std::size_t i = 0; i < kBackends; ++i) {
      Backend& backend = backends_[i];
      std::binomial_distribution<std::uint64_t> leave{backend.assigned().live, kLeave};
      for (auto left = leave(random_); left > 0; --left) backend.session_ended(true);
      backend.traffic().add({.frames_out = 10 * backend.assigned().total()});
      test::probe(backend, std::min(1.0, busy_of(i, backend)), now_);
    }
    keeper_.tick(now_);
    for (int i = 0; i < kArrivals; ++i) {
      (void)assigner_.assign_session(*set_, {}, now_).reservation.confirm(true);
    }
    now_ += 1s;
  }

  /// How busy the busiest is, in multiples of the mean.
  [[nodiscard]] double spread() const {
    std::array<double, kBackends> busy{};
    for (std::size_t i = 0; i < kBackends; ++i) busy[i] = busy_of(i, backends_[i]);
    return *std::ranges::max_element(busy) * kBackends /
           std::accumulate(busy.begin(), busy.end(), 0.0);
  }

 private:
  Random random_;
  SharedTurns turns_;
  test::Backends backends_;
  Assigner assigner_;
  std::shared_ptr<const BackendSet> set_;
  LoadKeeper keeper_{std::vector<LoadKeeper::Rules>{{.ramp = 0s, .hot = 50ms}}};
  TimePoint now_ = TimePoint{} + 1h;
};

/// The most in all seconds after those in which speeds are learnt.
double widest(std::uint32_t seed) {
  Crowd crowd(seed);
  double most = 0;
  for (int second = 0; second < kSeconds; ++second) {
    crowd.pass_a_second();
    if (second >= kWarmUp) most = std::max(most, crowd.spread());
  }
  return most;
}

}  // namespace

TEST_CASE("a thousand backends stay even while measurements are a second old") {
  for (const std::uint32_t seed : {1U, 2U}) {
    CAPTURE(seed);
    // With as many sessions on each, a slow one would be 1.8 times as busy as the mean.
    CHECK(widest(seed) < 1.6);
  }
}

}  // namespace pinion::balance
