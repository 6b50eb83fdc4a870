// A pool whose loads are kept as in the server, and its time passed by the test.
//
// Threads: one.
#pragma once

#include <memory>
#include <vector>

#include "backends.h"
#include "balance/assigner.h"
#include "balance/load_keeper.h"

namespace pinion::balance::test {

/// Sampled four times a second.
struct Watched {
  Backends backends;
  LoadKeeper keeper{std::vector<LoadKeeper::Rules>{
      {.ramp = std::chrono::seconds{30}, .hot = std::chrono::milliseconds{50}}}};
  SharedTurns turns;
  Assigner assigner{turns, 1};
  TimePoint now = TimePoint{} + std::chrono::hours{1};

  explicit Watched(int count) {
    turns.grow(1);
    for (int i = 0; i < count; ++i) backends.add();
    watch();
  }
  void watch() { keeper.watch({set()}, now); }
  std::shared_ptr<const BackendSet> set() const {
    return std::make_shared<const BackendSet>(backends.set(config::Balance::least_load));
  }
  void probe(std::size_t which, double busy, Duration wait = {}) const {
    test::probe(backends[which], busy, now, wait);
  }
  /// For so long, each backend has that much work and is that busy.
  struct Life {
    std::uint64_t frames_a_tick = 0;
    double busy = 0;
    std::uint64_t bytes_in_a_tick = 0;  // in as many frames
  };
  void live(Duration time, const std::vector<Life>& lives) {
    for (const TimePoint end = now + time; now < end;) {
      now += LoadKeeper::kEvery;
      for (std::size_t i = 0; i < lives.size(); ++i) {
        const Life& life = lives[i];
        backends[i].traffic().add({.frames_in = life.bytes_in_a_tick > 0 ? life.frames_a_tick : 0,
                                   .frames_out = life.frames_a_tick,
                                   .bytes_in = life.bytes_in_a_tick});
        probe(i, lives[i].busy);
      }
      keeper.tick(now);
    }
  }
  /// The first backend works and gets POSTs, every other of which has to wait.
  void live_with_requests(Duration time) {
    using std::chrono::milliseconds;
    for (const TimePoint end = now + time; now < end;) {
      const bool waits = (now - TimePoint{}) / LoadKeeper::kEvery % 2 == 0;
      backends[0].request_samples().add({.kind = SampledRequest::push,
                                         .sent = now,
                                         .took = milliseconds{1} + milliseconds{waits ? 3 : 0}});
      live(LoadKeeper::kEvery, {{.frames_a_tick = 25, .busy = 0.5}});
    }
  }
  void pass(Duration time) {
    for (const TimePoint end = now + time; now < end;) {
      now += LoadKeeper::kEvery;
      keeper.tick(now);
    }
  }
  void add_sessions(std::size_t which, int count) const {
    for (int i = 0; i < count; ++i) reserve(backends[which]).confirm(true);
  }
  Backend* place() { return assigner.assign_session(*set(), {}, now).reservation.confirm(true); }
};

}  // namespace pinion::balance::test
