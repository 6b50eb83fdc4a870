// How much a backend has to do by the limits of its pool: calm, busy or full.
//
// Threads: values and pure code; a LevelKeeper belongs to whoever looks at the backend.
// Invariants: a level is entered at any of its limits, and left as Hysteresis says.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/hysteresis.h"
#include "config/config.h"

namespace pinion::balance {

enum class Level : unsigned char {
  calm,
  busy,  // gets sessions only when no calm one may take any now
  full,  // gets no sessions
};
std::string_view to_string(Level level) noexcept;

/// Which limit says so; words are those of the config's keys.
enum class Limit : unsigned char {
  none,
  sessions,
  loop_delay,
  busy_share,
  queued_bytes,
  inflight,
  reported_load
};
std::string_view to_string(Limit limit) noexcept;

struct Standing {
  Level level = Level::calm;
  Limit by = Limit::none;

  bool operator==(const Standing&) const = default;
};

/// What is held against the limits.
struct Readings {
  std::uint64_t sessions = 0;  // live and reserved
  Duration loop_delay{};       // mean wait of its probes; 0 where nothing can be told
  double busy_share = 0.0;     // 0 to 1; 0 where nothing can be told
  std::uint64_t queued_bytes = 0;
  std::uint64_t inflight = 0;
  double reported_load = 0.0;  // 1: all that it can do; 0 where nothing is reported
};

class LevelKeeper {
 public:
  Standing update(const Readings& readings, const config::Thresholds& thresholds, TimePoint now);

 private:
  struct Side {
    Hysteresis state;
    Limit by = Limit::none;

    bool update(const Readings& readings, const config::LevelLimits& limits, TimePoint now);
  };

  Side busy_, full_;
};

}  // namespace pinion::balance
