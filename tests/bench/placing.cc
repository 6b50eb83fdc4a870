// Prints what the model of tests/balance/placing_model.h gives for each policy, as a table.
//
//   bench_placing [--seeds N] [--seconds S] [--probe S] [--slow 1,1,1,3] [--load 0.7,0.85]
//                 [--block S] [--restart S] [--antagonist S] [--burst S]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

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

}  // namespace

int main(int argc, char** argv) {
  Scenario scenario;
  std::vector<double> loads{0.7, 0.85};
  std::uint32_t seeds = 21;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view key = argv[i];
    const std::vector<double> value = numbers(argv[i + 1]);
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
