// What is known of the load of one backend. What follows from it for a choice is its Forecast
// (forecast.h).
//
// Threads: a value; the keeper of loads publishes it, Backend::load_reading() gives the newest to
//   any thread.
#pragma once

#include <cstdint>

#include "balance/work_rate.h"
#include "base/clock.h"

namespace pinion::balance {

struct LoadReading {
  TimePoint at{};                   // of this reading; zero: there is none yet
  Rates rates;                      // decaying averages of what passes, and of its sessions
  double session_work = 0;          // units a second of a mean session of the pool
  double learnt_cost = 0;           // busy seconds a unit of work takes here; 0: not learnt
  double cost = 0;                  // the same, as far as it is certain; else that of the pool
  double work_per_queued_byte = 0;  // units a second that a byte waiting for it stands for
  double surely_busy = 0;           // the least busy share that its probes leave room for
  double reported_by_session = 0;   // load of a session, as the pool's backends report; 0: unknown
  double trust = 0;                 // 0 to 1: how far the pool's measurements may decide
  Duration wait{};                  // how long its probes wait
  TimePoint ramp_until{};           // it takes its part by and by until then
  std::uint64_t returns = 0;        // Backend::returns() that this knows of
  double request_share = 0;         // busy share that requests tell of; see RequestEvidence
  double request_weight = 0;        // how much they count beside probes
  bool requests_known = false;      // there were enough of them
  bool hot = false;                 // its probes wait long
};

/// How much a measurement still says: 1 up to 5 s after it was made, 0 from 10 s on.
double freshness(TimePoint measured, TimePoint now) noexcept;

}  // namespace pinion::balance
