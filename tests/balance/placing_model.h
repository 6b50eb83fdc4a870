// A model of placing sessions on single-threaded backends, around the real Assigner and LoadKeeper.
//
// A backend is a queue that is served in order, one piece of work at a time. Sessions arrive at
// random (Poisson); how long they live and how fast they stream is heavy-tailed (Pareto); a session
// stays where it was placed. Probes come at random times and wait as the work does; what they tell
// is found by the real ProbeWindow. Delay is the time from a piece's beginning to its end; a stall
// is a gap of more than a second between two pieces of a session that the backend made.
//
// Threads: one. Everything follows from the seed: each policy meets the same arrivals.
#pragma once

#include <cstdint>
#include <vector>

#include "config/config.h"

namespace pinion::balance::test {

struct Scenario {
  std::vector<double> slowness{1, 1, 1, 3};  // by backend; piece_seconds times this a piece
  std::vector<std::uint32_t> weights = {};   // by backend; none: all 1
  double load = 0.7;                         // of what all backends together can do
  double seconds = 200;
  double warm_up = 0.2;  // the part of the time of which nothing is counted
  double probe_every = 1, tick_every = 0.25;
  double ramp = 30;

  double piece_seconds = 0.002;
  double life_seconds = 40, pieces_per_second = 10;  // means of a session

  // Each at 0 does not happen.
  double block_every = 0;    // one backend after the other stands still for 3 s
  double restart_at = 0;     // backend 0 loses its sessions, which come back, and is down for 2 s
  double antagonist_at = 0;  // backend 0 becomes three times slower from then on
  double burst_at = 0;       // 100 sessions at once
};

struct Outcome {
  double p50 = 0, p99 = 0;       // of the delay, in seconds
  double stalls = 0;             // for each thousand pieces
  std::vector<double> learnt;    // busy seconds a piece, by backend, at the end
  std::vector<double> sessions;  // by backend, at the end
  double returned_share = 0;     // of the arrivals in its ramp, what the restarted backend got
  double learnt_after = -1;      // seconds until the antagonist's cost was known within 30 %
};

Outcome play(config::Balance balance, const Scenario& scenario, std::uint32_t seed);

/// The median of each over seeds 1 … `seeds`; of the numbers above all lists.
Outcome play_all(config::Balance balance, const Scenario& scenario, std::uint32_t seeds);

}  // namespace pinion::balance::test
