#include "balance/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace pinion::balance {

std::optional<double> load_of(const Backend& backend, TimePoint now) noexcept {
  const LoadReading reading = backend.load_reading();
  if (reading.trust * freshness(reading.at, now) <= 0) return std::nullopt;
  return predicted_busy(reading, backend.assigned().total(), backend.queued_bytes());
}

std::string explain(const Backend& backend, TimePoint now) {
  if (!backend.health().up()) return "down";
  if (backend.health().silent()) return "silent: handshakes go unanswered";
  if (backend.draining()) return "draining";
  if (backend.is_full()) return "full";
  const LoadReading reading = backend.load_reading();
  const double fresh = freshness(reading.at, now);
  if (reading.hot && fresh > 0) {
    return fmt::format("hot: probes wait {} ms", to_ms(reading.wait));
  }
  if (reading.is_ramping(now, backend.health().returns())) {
    const Duration left = std::max(reading.ramp_until - now, Duration::zero());
    return fmt::format("ramping {:.0f} s", to_seconds(left));
  }
  const double trust = reading.trust * fresh;
  if (trust <= 0) return "counting: no measurements";
  if (trust < 1) return fmt::format("measured, trusted to {:.0f} %", 100 * trust);
  return "measured";
}

}  // namespace pinion::balance
