#include "balance/cost_learner.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;

// What is so for a while; a backend is probed so often.
struct Life {
  double busy_share = 0, work_rate = 0;
  double probes = 4;      // a second
  double usual_cost = 0;  // what a unit takes on the other backends; 0: not known
};

// What `seconds` of it teach, four times a second.
void learn(CostLearner& learner, double seconds, const Life& life) {
  for (double t = 0; t < seconds; t += 0.25) {
    const double each = life.probes > 0 ? 1 / life.probes : 0;
    learner.learn(250ms, {.work = 0.25 * life.work_rate,
                          .samples = {.seconds = life.probes > 0 ? 0.25 : 0,
                                      .busy = life.probes > 0 ? 0.25 * life.busy_share : 0,
                                      .squares = 0.25 * each},
                          .load = std::max(life.busy_share, life.usual_cost * life.work_rate)});
  }
}

// Until the cost is within 20 % of `truth`. @returns seconds
double seconds_until(CostLearner& learner, double truth, const Life& life) {
  double seconds = 0;
  while (std::abs(learner.cost() / truth - 1) > 0.2 && seconds < 1000) {
    learn(learner, 0.25, life);
    seconds += 0.25;
  }
  return seconds;
}

}  // namespace

TEST_CASE("the cost is the busy share over the work rate") {
  CostLearner learner;
  CHECK(learner.cost() == 0);
  learn(learner, 10, {.busy_share = 0.6, .work_rate = 300});
  CHECK(learner.cost() == doctest::Approx(0.002));
}

TEST_CASE("a moment is not enough") {
  CostLearner learner;
  learn(learner, 2, {.busy_share = 0.9, .work_rate = 300});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(1) == 0);
}

TEST_CASE("without samples nothing is learnt") {
  CostLearner learner;
  learn(learner, 10, {.busy_share = 0.6, .work_rate = 300, .probes = 0});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(1) == 0);
}

TEST_CASE("a new speed is known within 30 s, slower or faster") {
  CostLearner learner;
  learn(learner, 600, {.busy_share = 0.3, .work_rate = 150});
  CHECK(seconds_until(learner, 0.006, {.busy_share = 0.9, .work_rate = 150}) < 30);
  learn(learner, 600, {.busy_share = 0.9, .work_rate = 150});
  CHECK(seconds_until(learner, 0.002, {.busy_share = 0.3, .work_rate = 150}) < 30);
}

TEST_CASE("what chance explains does not make it forget") {
  CostLearner learner;
  learn(learner, 300, {.busy_share = 0.5, .work_rate = 250});
  learn(learner, 8, {.busy_share = 0.6, .work_rate = 250});
  CHECK(learner.cost() == doctest::Approx(0.002).epsilon(0.05));
}

TEST_CASE("an idle backend teaches nothing, and what was learnt of it holds for some minutes") {
  CostLearner learner;
  learn(learner, 300, {.busy_share = 0.5, .work_rate = 250});
  // Noise of the probes, which would add up.
  const Life idle{.busy_share = 0.01, .work_rate = 0.5, .usual_cost = 0.002};
  learn(learner, 240, idle);
  CHECK(learner.cost() == doctest::Approx(0.002));
  learn(learner, 240, idle);
  CHECK(learner.cost() == 0);
  CHECK(learner.surely_busy() == 0);
}

TEST_CASE("a busy share without work is the machine's, not that of a unit of work") {
  CostLearner learner;
  learn(learner, 600, {.busy_share = 0.3, .work_rate = 0.1, .usual_cost = 0.002});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(0.002) == 0);
}

TEST_CASE("one so fast that its work does not show is known to be fast") {
  CostLearner learner;
  learn(learner, 60, {.busy_share = 0.01, .work_rate = 100, .usual_cost = 0.002});
  CHECK(learner.cost() == doctest::Approx(0.0001));
  CHECK(learner.certainty_against(0.002) > 0.5);
}

TEST_CASE("how certain a cost is follows from how much was seen") {
  CostLearner few;
  CostLearner many;
  learn(few, 30, {.busy_share = 0.3, .work_rate = 150, .probes = 0.1});
  learn(many, 30, {.busy_share = 0.3, .work_rate = 1500});
  CHECK(few.certainty_against(0.002) == doctest::Approx(0).epsilon(0.001));
  CHECK(few.certainty_against(0.003) < 0.5);
  CHECK(many.certainty_against(0.003) > 0.9);
}

TEST_CASE("all is forgotten on demand") {
  CostLearner learner;
  learn(learner, 30, {.busy_share = 0.3, .work_rate = 150, .probes = 0.1});
  learner.forget();
  CHECK(learner.cost() == 0);
}

}  // namespace pinion::balance
