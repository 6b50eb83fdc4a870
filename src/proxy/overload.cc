#include "proxy/overload.h"

#include <algorithm>

namespace pinion::proxy {
namespace {

// Of the newest lag in the smoothed one, ten times a second: a second of it counts for nine tenths.
constexpr double kNewest = 0.2;

// Connections are counted as they are, and most of them stay for hours: a rung that they have taken
// is left once there is a little room.
constexpr double kLeavesAt = 0.95;

/// How much of what a rung is for is used. @param of_it of the rung's percent
double as_used(Resource resource, double of_it) noexcept {
  if (resource != Resource::connections) return of_it;
  constexpr double kSteeper = (1 - Hysteresis::kLeaveAt) / (1 - kLeavesAt);
  return std::max(0.0, 1 - kSteeper * (1 - of_it));
}

/// Percent of use at which the rung is taken; 0: never.
double percent_of(Rung rung, const config::Overload& config) noexcept {
  switch (rung) {
    case Rung::no_keep_alive:
      return config.no_keep_alive;
    case Rung::short_idle:
      return config.short_idle;
    case Rung::refuse_plain:
      return config.refuse_plain;
    case Rung::refuse_handshakes:
      return config.refuse_handshakes;
    case Rung::close_slowest:
    case Rung::count_:
      break;
  }
  return 100;
}

}  // namespace

std::string_view to_string(Rung rung) noexcept {
  constexpr std::string_view kNames[] = {"no_keep_alive", "short_idle", "refuse_plain",
                                         "refuse_handshakes", "close_slowest"};
  static_assert(std::size(kNames) == kRungs);
  return kNames[static_cast<std::size_t>(rung)];
}

std::string_view to_string(Resource resource) noexcept {
  constexpr std::string_view kNames[] = {"buffers", "connections", "loop_lag"};
  static_assert(std::size(kNames) == kResources);
  return kNames[static_cast<std::size_t>(resource)];
}

std::array<bool, kRungs> OverloadLadder::update(Usage usage, const config::Overload& config,
                                                TimePoint now) {
  constexpr auto kLag = static_cast<std::size_t>(Resource::loop_lag);
  usage[kLag] = usage_[kLag] + kNewest * (usage[kLag] - usage_[kLag]);
  usage_ = usage;
  std::array<bool, kRungs> taken{};
  for (std::size_t i = 0; i < kRungs; ++i) {
    const auto rung = static_cast<Rung>(i);
    const double percent = percent_of(rung, config);
    double used = 0;
    for (std::size_t r = 0; r < kResources && percent != 0; ++r) {
      const auto resource = static_cast<Resource>(r);
      // Closing somebody gives back buffers, and nothing else.
      if (rung == Rung::close_slowest && resource != Resource::buffers) continue;
      used = std::max(used, as_used(resource, 100 * usage_[r] / percent));
    }
    taken[i] = rungs_[i].update(used, now);
  }
  return taken;
}

}  // namespace pinion::proxy
