#include "balance/reported.h"

#include <algorithm>

namespace pinion::balance {

void ReportedLoad::take(std::string_view field, const ReportRules& rules, std::uint64_t sessions,
                        TimePoint now) {
  const auto load = balance::reported_load(field, rules);
  (load ? taken_ : unread_).fetch_add(1, std::memory_order_relaxed);
  if (!load) return;
  load_.store(*load, std::memory_order_relaxed);
  sessions_.store(sessions, std::memory_order_relaxed);
  until_.store((now + rules.believed).time_since_epoch().count(), std::memory_order_relaxed);
}

std::optional<ReportedLoad::Report> ReportedLoad::newest(TimePoint now) const noexcept {
  const auto load = get(now);
  if (!load) return std::nullopt;
  return Report{.load = *load, .sessions = sessions_.load(std::memory_order_relaxed)};
}

std::optional<double> ReportedLoad::expected(std::uint64_t sessions, double usual,
                                             TimePoint now) const noexcept {
  const auto report = newest(now);
  if (!report) return std::nullopt;
  const auto then = static_cast<double>(report->sessions);
  double of_one = report->load / std::max(then, 1.0);
  if (usual > 0) of_one = std::min(of_one, usual);
  return std::max(report->load + (static_cast<double>(sessions) - then) * of_one, 0.0);
}

}  // namespace pinion::balance
