// A whole run: the first session alone, to see whether anybody answers; then the others, as fast as
// they may arrive; their messages for as long as was asked; the replies that are still to come; the
// leaving.
//
// Threads: one, which runs a loop until it is over. SIGINT and SIGTERM end it early: once for an
//   end in good order, twice for one at once.
#pragma once

#include <cstdint>
#include <string>

#include "loadgen/measurements.h"
#include "loadgen/options.h"

namespace pinion::loadgen {

enum class Phase : unsigned char {
  seeking,   // an address that takes connections
  first,     // one session opens, alone
  arriving,  // the others do, until each has joined or failed
  steady,    // all are there
  settling,  // nothing new is sent; replies may come
  leaving,   // the sessions end
  over,
};

/// What there is to tell while it goes on.
struct Progress {
  Phase phase;
  Duration elapsed;  // since the first session was started
  const Measurements& total;
  const Histogram& lately;  // delays since the last time
};

class Watcher {
 public:
  /// Each second, as long as it goes on.
  virtual void on_second(const Progress& progress) noexcept = 0;

 protected:
  ~Watcher() = default;
};

struct Outcome {
  enum class Kind : unsigned char {
    done,
    interrupted,  // by a signal; what was measured until then counts
    no_answer,    // nobody is there, or speaks HTTP
    no_session,   // somebody answers, but there is no Engine.IO at that path
  };
  Kind kind = Kind::done;
  std::string why;     // of the last two
  Duration elapsed{};  // from the first session to the last message that was sent
  Measurements total;
  /// What had come and gone by then, and not after it, when lost time was made up for.
  struct Passed {
    std::uint64_t heard = 0, bytes_out = 0, bytes_in = 0;
  };
  Passed in_time;
};

/// Descriptors that a run needs.
std::size_t descriptors_of(const Options& options) noexcept;

/// Runs to the end. Writes to closed connections must not raise a signal (SIGPIPE).
Outcome run(const Options& options, Watcher& watcher);

}  // namespace pinion::loadgen
