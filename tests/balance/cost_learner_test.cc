#include "balance/cost_learner.h"

#include <doctest/doctest.h>

#include <cmath>

namespace pinion::balance {
namespace {

using namespace std::chrono_literals;

// What `seconds` of it teach, four times a second.
void learn(CostLearner& learner, double seconds, const CostLearner::Evidence& evidence) {
  for (double t = 0; t < seconds; t += 0.25) learner.learn(250ms, evidence);
}

// Until the cost is within 20 % of `truth`. @returns seconds
double seconds_until(CostLearner& learner, double truth, const CostLearner::Evidence& evidence) {
  double seconds = 0;
  while (std::abs(learner.cost() / truth - 1) > 0.2 && seconds < 1000) {
    learn(learner, 0.25, evidence);
    seconds += 0.25;
  }
  return seconds;
}

}  // namespace

TEST_CASE("the cost is the busy share over the work rate") {
  CostLearner learner;
  CHECK(learner.cost() == 0);
  learn(learner, 10, {.busy_share = 0.6, .work_rate = 300, .samples = 40});
  CHECK(learner.cost() == doctest::Approx(0.002));
}

TEST_CASE("a moment is not enough") {
  CostLearner learner;
  learn(learner, 2, {.busy_share = 0.9, .work_rate = 300, .samples = 40});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(1) == 0);
}

TEST_CASE("without samples nothing is learnt") {
  CostLearner learner;
  learn(learner, 10, {.busy_share = 0.6, .work_rate = 300, .samples = 0});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(1) == 0);
}

TEST_CASE("a new speed is known within 30 s, slower or faster") {
  CostLearner learner;
  learn(learner, 600, {.busy_share = 0.3, .work_rate = 150, .samples = 20});
  CHECK(seconds_until(learner, 0.006, {.busy_share = 0.9, .work_rate = 150, .samples = 20}) < 30);
  learn(learner, 600, {.busy_share = 0.9, .work_rate = 150, .samples = 20});
  CHECK(seconds_until(learner, 0.002, {.busy_share = 0.3, .work_rate = 150, .samples = 20}) < 30);
}

TEST_CASE("what chance explains does not make it forget") {
  CostLearner learner;
  learn(learner, 300, {.busy_share = 0.5, .work_rate = 250, .samples = 20});
  learn(learner, 8, {.busy_share = 0.6, .work_rate = 250, .samples = 20});
  CHECK(learner.cost() == doctest::Approx(0.002).epsilon(0.05));
}

TEST_CASE("an idle backend teaches nothing, so what was learnt stays") {
  CostLearner learner;
  learn(learner, 300, {.busy_share = 0.5, .work_rate = 250, .samples = 20});
  // Noise of the probes, of which an hour would add up.
  learn(learner, 3600, {.busy_share = 0.01, .work_rate = 0.5, .samples = 20, .usual_cost = 0.002});
  CHECK(learner.cost() == doctest::Approx(0.002));
}

TEST_CASE("a busy share without work is the machine's, not that of a unit of work") {
  CostLearner learner;
  learn(learner, 600, {.busy_share = 0.3, .work_rate = 0.1, .samples = 40, .usual_cost = 0.002});
  CHECK(learner.cost() == 0);
  CHECK(learner.certainty_against(0.002) == 0);
}

TEST_CASE("one so fast that its work does not show is known to be fast") {
  CostLearner learner;
  learn(learner, 60, {.busy_share = 0.01, .work_rate = 100, .samples = 20, .usual_cost = 0.002});
  CHECK(learner.cost() == doctest::Approx(0.0001));
  CHECK(learner.certainty_against(0.002) > 0.5);
}

TEST_CASE("how certain a cost is follows from how much was seen") {
  CostLearner few;
  CostLearner many;
  learn(few, 30, {.busy_share = 0.3, .work_rate = 150, .samples = 4});
  learn(many, 30, {.busy_share = 0.3, .work_rate = 150, .samples = 400});
  CHECK(few.certainty_against(0.002) == doctest::Approx(0).epsilon(0.001));
  CHECK(few.certainty_against(0.003) < 0.5);
  CHECK(many.certainty_against(0.003) > 0.9);
}

TEST_CASE("all is forgotten on demand") {
  CostLearner learner;
  learn(learner, 30, {.busy_share = 0.3, .work_rate = 150, .samples = 4});
  learner.forget();
  CHECK(learner.cost() == 0);
}

}  // namespace pinion::balance
