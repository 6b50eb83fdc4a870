#include "balance/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace pinion::balance {

std::optional<double> load_of(const Backend& backend, TimePoint now) noexcept {
  const Forecast forecast = backend.forecast();
  if (forecast.trust * freshness(forecast.at, now) <= 0) return std::nullopt;
  return forecast.busy(backend.assigned().total(), backend.queued_bytes());
}

std::string explain(const Backend& backend, TimePoint now) {
  if (!backend.health().up()) return "down";
  if (backend.health().silent()) return "silent: handshakes go unanswered";
  if (backend.health().fails_handshakes()) return "failing: handshakes are answered 5xx";
  if (backend.draining()) return "draining";
  if (backend.is_full()) return "full";
  const Forecast forecast = backend.forecast();
  const double fresh = freshness(forecast.at, now);
  if (forecast.hot && fresh > 0) {
    return fmt::format("hot: probes wait {} ms", to_ms(forecast.wait));
  }
  if (forecast.is_ramping(now, backend.health().returns())) {
    const Duration left = std::max(forecast.ramp_until - now, Duration::zero());
    return fmt::format("ramping {:.0f} s", to_seconds(left));
  }
  const double trust = forecast.trust * fresh;
  if (trust <= 0) return "counting: no measurements";
  if (trust < 1) return fmt::format("measured, trusted to {:.0f} %", 100 * trust);
  return "measured";
}

}  // namespace pinion::balance
