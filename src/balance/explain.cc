#include "balance/explain.h"

#include <fmt/format.h>

#include <algorithm>

namespace pinion::balance {

std::optional<double> load_of(const Backend& backend, TimePoint now) noexcept {
  const Forecast forecast = backend.forecast();
  const std::uint64_t sessions = backend.assigned().total();
  const auto reported =
      backend.reported_load().expected(sessions, forecast.reported_by_session, now);
  if (forecast.trust * freshness(forecast.at, now) <= 0) return reported;
  return std::max(forecast.busy(sessions, backend.queued_bytes()), reported.value_or(0));
}

namespace {

// What keeps it out of the choice, or behind others, whatever the policy; empty: nothing.
std::string why_passed_over(const Backend& backend, std::uint32_t rate, TimePoint now) {
  const Standing standing = backend.standing();
  if (standing.level == Level::full) {
    return fmt::format("full by its limit of {}", to_string(standing.by));
  }
  if (backend.is_full()) return "full";
  if (!backend.pace().ready(now, rate)) {
    const std::uint32_t in_force = backend.pace().in_force(now, rate);
    if (in_force != rate) {
      return fmt::format("was full a moment ago: at most {} sessions a second for now", in_force);
    }
    return fmt::format("held back by rate: at most {} sessions a second", rate);
  }
  if (!backend.pace().ready_for_new(now, rate)) {
    return "kept by rate for those who come back to it";
  }
  if (standing.level == Level::busy) {
    return fmt::format("busy by its limit of {}: only where no calm one has room now",
                       to_string(standing.by));
  }
  return {};
}

std::string why_ramping(const Forecast& forecast, TimePoint now) {
  const Duration left = std::max(forecast.ramp_until - now, Duration::zero());
  return fmt::format("ramping {:.0f} s", to_seconds(left));
}

std::string by_measurements(const Backend& backend, const Forecast& forecast, TimePoint now) {
  const double fresh = freshness(forecast.at, now);
  if (forecast.hot && fresh > 0) {
    return fmt::format("hot: probes wait {} ms", to_ms(forecast.wait));
  }
  if (forecast.is_ramping(now, backend.returns())) return why_ramping(forecast, now);
  if (const auto reported = backend.reported_load().get(now)) {
    return fmt::format("reports {:.0f} %", 100 * *reported);
  }
  const double trust = forecast.trust * fresh;
  if (trust <= 0) return "counting: no measurements";
  if (trust < 1) return fmt::format("measured, trusted to {:.0f} %", 100 * trust);
  return "measured";
}

}  // namespace

std::string explain(const Backend& backend, std::uint32_t rate, TimePoint now,
                    config::Balance balance) {
  if (!backend.health().up()) return "down";
  if (backend.health().silent()) return "silent: handshakes go unanswered";
  if (backend.health().fails_handshakes())
    return "failing: handshakes are answered 5xx or not at all";
  if (backend.agent().wants_no_sessions()) {
    return fmt::format("its agent says {}, {} %", to_string(backend.agent().stance()),
                       backend.agent().percent());
  }
  if (backend.draining()) return "draining";
  if (std::string why = why_passed_over(backend, rate, now); !why.empty()) return why;
  const Forecast forecast = backend.forecast();
  if (balance == config::Balance::least_load) return by_measurements(backend, forecast, now);
  if (forecast.is_ramping(now, backend.returns())) return why_ramping(forecast, now);
  switch (balance) {
    case config::Balance::round_robin:
      return "takes its turn";
    case config::Balance::random_two:
      return "drawn by lot, with another: the one with fewer sessions";
    case config::Balance::least_sessions:
    case config::Balance::least_load:
      break;
  }
  return "counting sessions";
}

}  // namespace pinion::balance
