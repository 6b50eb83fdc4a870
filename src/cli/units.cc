#include "cli/units.h"

#include <fmt/format.h>

#include <array>
#include <string_view>

namespace pinion::cli {

std::string human_bytes(double bytes) {
  constexpr std::string_view kUnits = "KMGTPE";
  constexpr double kStep = 1024.0;
  if (bytes < kStep) return fmt::format("{:.0f}", bytes);
  std::size_t unit = 0;
  double value = bytes / kStep;
  // One decimal is printed, so what rounds to the next unit belongs to it.
  while (value >= kStep - 0.05 && unit + 1 < kUnits.size()) {
    value /= kStep;
    ++unit;
  }
  return fmt::format("{:.1f}{}", value, kUnits[unit]);
}

std::string human_duration(double milliseconds) {
  if (milliseconds < 1000.0) return fmt::format("{:.0f}ms", milliseconds < 0 ? 0 : milliseconds);
  const auto seconds = static_cast<std::uint64_t>(milliseconds / 1000.0);
  if (seconds < 60) return fmt::format("{}s", seconds);
  const auto minutes = seconds / 60;
  if (minutes < 60) return fmt::format("{}m{:02}s", minutes, seconds % 60);
  const auto hours = minutes / 60;
  if (hours < 24) return fmt::format("{}h{:02}m", hours, minutes % 60);
  return fmt::format("{}d{:02}h", hours / 24, hours % 24);
}

std::string grouped(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3;) {
    at -= 3;
    text.insert(at, 1, ',');
  }
  return text;
}

}  // namespace pinion::cli
