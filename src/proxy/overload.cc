#include "proxy/overload.h"

#include <algorithm>

namespace pinion::proxy {
namespace {

// Of the newest lag in the smoothed one, ten times a second: a second of it counts for nine tenths.
constexpr double kNewest = 0.2;

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
  const double most = *std::ranges::max_element(usage_);
  std::array<bool, kRungs> taken{};
  for (std::size_t i = 0; i < kRungs; ++i) {
    const auto rung = static_cast<Rung>(i);
    const double percent = percent_of(rung, config);
    // Closing somebody gives back buffers, and nothing else.
    const double of_it =
        rung == Rung::close_slowest ? usage_[static_cast<std::size_t>(Resource::buffers)] : most;
    taken[i] = rungs_[i].update(percent == 0 ? 0.0 : 100 * of_it / percent, now);
  }
  return taken;
}

}  // namespace pinion::proxy
