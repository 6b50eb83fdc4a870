#include "config/units.h"

#include <fmt/format.h>

#include <limits>
#include <optional>
#include <span>

#include "base/ascii.h"
#include "config/error.h"

namespace pinion::config {
namespace {

struct Unit {
  std::string_view name;
  std::uint64_t factor;
  std::string_view slips;  // other spellings in lower case that people use, comma-separated
};

// In milliseconds. The largest comes first, so that formatting finds the shortest text.
constexpr Unit kDurationUnits[] = {
    {"h", 3'600'000, "hr,hrs,hour,hours"},
    {"m", 60'000, "min,mins,minute,minutes"},
    {"s", 1000, "sec,secs,second,seconds"},
    {"ms", 1, "msec,msecs,milli,millis,millisecond,milliseconds"},
};

constexpr Unit kSizeUnits[] = {
    {"TiB", 1ULL << 40, "t,tb,ti,tib"}, {"GiB", 1ULL << 30, "g,gb,gi,gib"},
    {"MiB", 1ULL << 20, "m,mb,mi,mib"}, {"KiB", 1ULL << 10, "k,kb,ki,kib"},
    {"B", 1, "b,byte,bytes"},
};

struct UnitFamily {
  std::span<const Unit> units;
  std::string_view what;
  std::string_view example;
  std::string_view names;
  std::uint64_t largest;
};

constexpr std::uint64_t kMaxMs = static_cast<std::uint64_t>(
    std::chrono::duration_cast<std::chrono::milliseconds>(Duration::max()).count());

constexpr UnitFamily kDurations = {kDurationUnits, "a duration", "10s", "ms, s, m, h", kMaxMs};
constexpr UnitFamily kSizes = {kSizeUnits, "a size", "64KiB", "B, KiB, MiB, GiB, TiB",
                               std::numeric_limits<std::uint64_t>::max()};

std::unexpected<std::string> wrong(std::string_view text, const UnitFamily& family) {
  for (const Unit& unit : family.units) {
    const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
    const auto rest = to_lower(trim_ows(text.substr(digits.size())));
    if (digits.empty() || rest.empty()) break;
    if (rest == to_lower(unit.name) || list_contains(unit.slips, rest)) {
      return std::unexpected(fmt::format("{} is not {}, write \"{}{}\"", in_quotes(text),
                                         family.what, digits, unit.name));
    }
  }
  return std::unexpected(
      fmt::format("{} is not {}, write a whole number and one of the units {}, such as \"{}\"",
                  in_quotes(text), family.what, family.names, family.example));
}

std::expected<std::uint64_t, std::string> parse(std::string_view text, const UnitFamily& family) {
  const auto digits = text.substr(0, text.find_first_not_of("0123456789"));
  const auto suffix = text.substr(digits.size());
  for (const Unit& unit : family.units) {
    // Zero is the same in every unit.
    if (suffix != unit.name && text != "0") continue;
    const auto number = parse_decimal(digits);
    if (digits.empty()) break;
    if (!number || *number > family.largest / unit.factor) {
      return std::unexpected(in_quotes(text) + " is too large");
    }
    return *number * unit.factor;
  }
  return wrong(text, family);
}

std::string format(std::uint64_t value, const UnitFamily& family) {
  for (const Unit& unit : family.units) {
    if (value % unit.factor == 0) return fmt::format("{}{}", value / unit.factor, unit.name);
  }
  return {};  // the smallest factor is 1
}

}  // namespace

std::expected<Duration, std::string> parse_duration(std::string_view text) {
  const auto ms = parse(text, kDurations);
  if (!ms) return std::unexpected(ms.error());
  return std::chrono::milliseconds{static_cast<std::int64_t>(*ms)};
}

std::string format_duration(Duration duration) {
  if (duration <= Duration::zero()) return "0s";
  return format(static_cast<std::uint64_t>(to_ms(duration)), kDurations);
}

std::expected<std::uint64_t, std::string> parse_size(std::string_view text) {
  return parse(text, kSizes);
}

std::string format_size(std::uint64_t bytes) { return bytes == 0 ? "0" : format(bytes, kSizes); }

}  // namespace pinion::config
