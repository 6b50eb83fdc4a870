#include "balance/policy.h"

namespace pinion::balance {

std::size_t choose(config::Balance balance, std::span<const Candidate> candidates,
                   RoundRobinState& turns, Random& random) {
  switch (balance) {
    case config::Balance::least_sessions:
      return least_sessions(candidates, random);
    case config::Balance::round_robin:
      return round_robin(candidates, turns);
    case config::Balance::random_two:
      return random_two(candidates, random);
    case config::Balance::least_load:
      break;
  }
  return least_load(candidates, random);
}

}  // namespace pinion::balance
