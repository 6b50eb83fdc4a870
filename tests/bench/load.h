// What the load generator drives: sessions that open, and then work until the program ends.
//
// Threads: one. Lifetime: a Load's Poller outlives it.
// Invariant: nothing that goes wrong is left out: sessions that break, wrong answers, and sessions
// that stand still are errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "channel.h"

namespace pinion::bench {

struct Options {
  std::string mode;
  std::uint16_t port = 0;
  std::size_t sessions = 64;
  double seconds = 4, warmup = 1;
  double settle = 0.3;              // seconds until memory that sessions took is looked at
  std::size_t size = 128;           // bytes of a message
  std::size_t rate = 50;            // messages a second of a session that streams
  std::size_t slow = 0;             // clients beside the sessions, flooded, that hardly read
  std::size_t storm = 0;            // clients beside the sessions that get many small frames
  std::size_t storm_rate = 10'000;  // a second, each of them
  std::vector<int> proxy, backend;  // process ids, whose CPU time is read
};

/// What came through to the clients of a storm.
struct Storm {
  std::uint64_t frames = 0, segments = 0;
};

struct Tally {
  std::uint64_t operations = 0, errors = 0;
  std::string first_error;
  std::vector<std::uint32_t> delays;  // microseconds, while `timing`
  bool timing = false;

  void error(std::string_view what) {
    if (errors++ == 0) first_error = what;
  }
  void took(std::int64_t ns) {
    if (timing) delays.push_back(static_cast<std::uint32_t>(ns / 1000));
  }
};

class Load {
 public:
  virtual ~Load() = default;
  /// Begins to open sessions, up to `sessions` in all.
  virtual void open(std::size_t sessions) = 0;
  [[nodiscard]] virtual bool all_open() const = 0;
  /// All sessions begin to work.
  virtual void start() = 0;
  virtual void on_event(void* who, std::uint32_t events) = 0;
  /// Does what is done by the clock. @returns when there is more to do
  virtual Clock::time_point tick(Clock::time_point /*now*/) { return Clock::time_point::max(); }
  /// Counts sessions to which nothing has come for `limit` although something should have.
  virtual void check(Clock::time_point now, Clock::duration limit) = 0;
  /// Ends all sessions at once, as if all clients had gone.
  virtual void leave() = 0;
  [[nodiscard]] virtual Storm storm() const { return {}; }
  [[nodiscard]] Tally& tally() noexcept { return tally_; }

 protected:
  Load() = default;
  Load(const Load&) = default;
  Load& operator=(const Load&) = default;

 private:
  Tally tally_;
};

}  // namespace pinion::bench
