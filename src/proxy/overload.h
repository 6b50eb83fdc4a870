// What pinion itself gives up when it runs out of something: a ladder of rungs, the first ones
// hardly felt, so that sessions which are established and keep up are the last to notice.
//
// Threads: the ladder is pure and belongs to one thread; OverloadState is written by that thread
//   and read by any.
// Invariants: a rung is taken at its share of whatever is used most, and left as Hysteresis
//   says; by connections, most of which stay for hours, once there is a little room.
#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/clock.h"
#include "base/hysteresis.h"
#include "config/config.h"

namespace pinion::proxy {

enum class Rung : unsigned char {
  no_keep_alive,      // plain requests get Connection: close
  short_idle,         // idle client connections are closed sooner
  refuse_plain,       // plain requests get 503, but for those of a known session
  refuse_handshakes,  // new sessions get 503
  close_slowest,      // whoever reads slowest is closed; by buffers alone
  count_
};
inline constexpr std::size_t kRungs = static_cast<std::size_t>(Rung::count_);
std::string_view to_string(Rung rung) noexcept;

enum class Resource : unsigned char { buffers, connections, loop_lag, count_ };
inline constexpr std::size_t kResources = static_cast<std::size_t>(Resource::count_);
std::string_view to_string(Resource resource) noexcept;

/// How much of each is used; 1: all of it.
using Usage = std::array<double, kResources>;

class OverloadLadder {
 public:
  /// Which rungs are taken now. `usage` of the loop's lag is as measured: it is smoothed here,
  /// since one late turn is no overload.
  std::array<bool, kRungs> update(Usage usage, const config::Overload& config, TimePoint now);
  /// As of the last update, smoothed.
  [[nodiscard]] const Usage& usage() const noexcept { return usage_; }

 private:
  std::array<Hysteresis, kRungs> rungs_;
  Usage usage_{};
};

struct OverloadState {
  std::array<std::atomic<bool>, kRungs> taken{};
  std::array<std::atomic<std::uint64_t>, kRungs> changes{};
  std::array<std::atomic<double>, kResources> usage{};

  [[nodiscard]] bool is_taken(Rung rung) const noexcept {
    return taken[static_cast<std::size_t>(rung)].load(std::memory_order_relaxed);
  }
};

}  // namespace pinion::proxy
