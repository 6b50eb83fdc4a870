#include "balance/capacity.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include "balance/explain.h"

namespace pinion::balance {

namespace {

constexpr double kTrusted = 0.5;

// Busy share of a mean session there; nothing where that is not known.
std::optional<double> cost_of(const Backend& backend, TimePoint now) noexcept {
  const Forecast forecast = backend.forecast();
  if (forecast.trust * freshness(forecast.at, now) < kTrusted) return std::nullopt;
  if (forecast.per_session <= 0) return std::nullopt;
  return forecast.per_session;
}

// The median of those that are known: one that is far slower says nothing of the others.
std::optional<double> usual_cost(std::span<Backend* const> backends, TimePoint now) {
  std::vector<double> costs;
  bool some_busy = false;
  for (const Backend* const backend : backends) {
    if (const auto cost = cost_of(*backend, now)) costs.push_back(*cost);
    some_busy = some_busy || load_of(*backend, now).value_or(0) > kIdleLoop;
  }
  if (!some_busy || costs.size() < backends.size()) return std::nullopt;
  const auto middle = costs.begin() + static_cast<std::ptrdiff_t>((costs.size() - 1) / 2);
  std::ranges::nth_element(costs, middle);
  return *middle;
}

}  // namespace

std::vector<std::uint32_t> capacities(std::span<Backend* const> backends, config::Balance balance,
                                      TimePoint now) {
  std::optional<double> usual;
  if (balance == config::Balance::least_load) usual = usual_cost(backends, now);
  std::vector<std::uint32_t> all;
  all.reserve(backends.size());
  for (const Backend* const backend : backends) {
    const double times = usual ? cost_of(*backend, now).value_or(*usual) / *usual : 1;
    const bool is_like = times < kUnlike && times > 1 / kUnlike;
    const double weight = backend->effective_weight() / (is_like ? 1 : times);
    all.push_back(static_cast<std::uint32_t>(std::clamp(std::round(weight), 1.0, 1e9)));
  }
  return all;
}

}  // namespace pinion::balance
