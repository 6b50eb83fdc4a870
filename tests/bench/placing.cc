// Prints what the model of tests/balance/placing_model.h gives for each policy, as a table.
//
//   bench_placing [--seeds N] [--seconds S] [--probe S] [--slow 1,1,1,3] [--load 0.7,0.85]
//                 [--block S] [--restart S] [--antagonist S] [--burst S]
//   bench_placing --choices N     what a choice costs: a million arrivals at N backends
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <numeric>
#include <string>
#include <string_view>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"
#include "placing_model.h"

namespace {

using pinion::balance::test::Outcome;
using pinion::balance::test::Scenario;
using pinion::config::Balance;

std::vector<double> numbers(std::string_view text) {
  std::vector<double> all;
  while (!text.empty()) {
    const std::size_t comma = std::min(text.find(','), text.size());
    all.push_back(std::strtod(std::string(text.substr(0, comma)).c_str(), nullptr));
    text.remove_prefix(std::min(comma + 1, text.size()));
  }
  return all;
}

void show(std::string_view name, double load, const Outcome& outcome) {
  std::printf("load %.2f  %-18.*s p50 %8.1f ms  p99 %9.1f ms  stalls %6.3f", load,
              static_cast<int>(name.size()), name.data(), 1e3 * outcome.p50, 1e3 * outcome.p99,
              outcome.stalls);
  if (outcome.returned_share > 0) std::printf("  ramp share %.3f", outcome.returned_share);
  if (outcome.learnt_after >= 0) std::printf("  learnt after %.1f s", outcome.learnt_after);
  std::printf("  cost_us");
  for (const double cost : outcome.learnt) std::printf(" %.0f", 1e6 * cost);
  std::printf("\n");
  (void)std::fflush(stdout);
}

// A million arrivals; of each backend's sessions one in forty ends a second, and measurements are a
// second old.
void time_choices(int count) {
  using namespace pinion;
  using namespace pinion::balance;
  test::Backends backends;
  for (int i = 0; i < count; ++i) backends.add();
  const auto set = std::make_shared<const BackendSet>(backends.set(Balance::least_load));
  SharedTurns turns;
  turns.grow(1);
  Assigner assigner(turns, 1);
  LoadKeeper keeper(
      std::vector<LoadKeeper::Rules>{{.ramp = {}, .hot = std::chrono::milliseconds{50}}});
  TimePoint now = TimePoint{} + std::chrono::hours{1};
  keeper.watch({set}, now);
  const auto cost = [](std::size_t i) { return i % 3 == 0 ? 0.0006 : 0.0002; };
  Duration spent{};
  double worst = 0;
  constexpr int kRounds = 100;
  for (int round = 0; round < kRounds; ++round, now += std::chrono::seconds{1}) {
    std::vector<double> busy;
    for (std::size_t i = 0; i < set->backends.size(); ++i) {
      Backend& backend = backends[i];
      for (auto left = backend.assigned().live / 40; left > 0; --left) backend.session_ended(true);
      backend.traffic().add({.frames_out = 10 * backend.assigned().total()});
      busy.push_back(10 * static_cast<double>(backend.assigned().total()) * cost(i));
      test::probe(backend, std::min(1.0, busy.back()), now);
    }
    keeper.tick(now);
    const double mean = std::accumulate(busy.begin(), busy.end(), 0.0) / count;
    if (round > kRounds / 2) {
      worst = std::max(worst, *std::max_element(busy.begin(), busy.end()) / mean);
    }
    const TimePoint began = monotonic_now();
    for (int i = 0; i < 1'000'000 / kRounds; ++i) {
      (void)assigner.assign_session(*set, {}, now).reservation.confirm(true);
    }
    spent += monotonic_now() - began;
  }
  std::printf("%d backends: %.0f ns a choice, the busiest at most %.2f times the mean\n", count,
              static_cast<double>(spent.count()) / 1e6, worst);
}

}  // namespace

int main(int argc, char** argv) {
  Scenario scenario;
  std::vector<double> loads{0.7, 0.85};
  std::uint32_t seeds = 21;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    const std::vector<double> value = numbers(argv[i + 1]);
    if (key == "--choices") {
      time_choices(static_cast<int>(value[0]));
      return 0;
    }
    if (key == "--seeds") seeds = static_cast<std::uint32_t>(value[0]);
    if (key == "--seconds") scenario.seconds = value[0];
    if (key == "--probe") scenario.probe_every = value[0];
    if (key == "--slow") scenario.slowness = value;
    if (key == "--load") loads = value;
    if (key == "--block") scenario.block_every = value[0];
    if (key == "--restart") scenario.restart_at = value[0];
    if (key == "--antagonist") scenario.antagonist_at = value[0];
    if (key == "--burst") scenario.burst_at = value[0];
  }
  for (const double load : loads) {
    scenario.load = load;
    scenario.weights.clear();
    show("least_sessions", load, play_all(Balance::least_sessions, scenario, seeds));
    show("least_load", load, play_all(Balance::least_load, scenario, seeds));
    for (const double slow : scenario.slowness) {
      scenario.weights.push_back(static_cast<std::uint32_t>(60 / slow));
    }
    show("sessions, weighted", load, play_all(Balance::least_sessions, scenario, seeds));
  }
}
