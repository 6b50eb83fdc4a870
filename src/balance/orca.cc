#include "balance/orca.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "config/health_kind.h"

namespace pinion::balance {
namespace {

using Json = nlohmann::json;

constexpr std::string_view kNamedMetrics = "named_metrics";

// Where no session asks for anything, reports come with the probes; one or two may be lost.
constexpr int kBelievedIntervals = 3;
constexpr Duration kBelievedAtLeast = std::chrono::seconds{10};
// What was so a minute ago need not be so now; but where probes are rarer, the next may be the
// first to say otherwise.
constexpr Duration kBelievedAtMost = std::chrono::minutes{1};

std::string_view trim(std::string_view text) noexcept {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

std::optional<double> to_number(std::string_view text) noexcept {
  double number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::string_view without_prefix(std::string_view key) noexcept {
  const bool named = key.starts_with(kNamedMetrics) && key.substr(kNamedMetrics.size(), 1) == ".";
  return named ? key.substr(kNamedMetrics.size() + 1) : key;
}

std::optional<double> find_in_text(std::string_view list, std::string_view name) {
  while (!list.empty()) {
    const auto comma = std::min(list.find(','), list.size());
    const std::string_view pair = list.substr(0, comma);
    list.remove_prefix(std::min(comma + 1, list.size()));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos) continue;
    if (without_prefix(trim(pair.substr(0, equals))) == name) {
      return to_number(trim(pair.substr(equals + 1)));
    }
  }
  return std::nullopt;
}

// JSON that protobuf writes has lowerCamelCase names, but in maps, whose keys are the
// application's.
std::string to_camel_case(std::string_view name) {
  std::string camel;
  bool up = false;
  for (const char c : name) {
    const bool capital = std::exchange(up, c == '_') && c >= 'a' && c <= 'z';
    if (c != '_') camel += capital ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return camel;
}

/// @returns the member of that name, or of the same in lowerCamelCase; nullptr: there is none
const Json* find_member(const Json& object, std::string_view name) {
  auto member = object.find(name);
  if (member == object.end()) member = object.find(to_camel_case(name));
  return member == object.end() ? nullptr : &*member;
}

std::optional<double> find_in_json(const Json& object, std::string_view name) {
  const Json* const member = find_member(object, name);
  if (member != nullptr && member->is_number()) return member->get<double>();
  const Json* const named = find_member(object, kNamedMetrics);
  if (named == nullptr || !named->is_object()) return std::nullopt;
  const auto inner = named->find(name);
  if (inner == named->end() || !inner->is_number()) return std::nullopt;
  return inner->get<double>();
}

// find(name) gives the number of that name, if the report has it.
template <typename Find>
std::optional<double> load_by(const ReportRules& rules, Find find) {
  std::optional<double> number;
  if (!rules.metric.empty()) {
    number = find(without_prefix(rules.metric));
  } else {
    number = find("application_utilization");
    const auto processor = find("cpu_utilization");
    if (processor && (!number || *number <= 0)) number = processor;
  }
  if (!number || !std::isfinite(*number) || *number < 0) return std::nullopt;
  return std::min(*number / rules.full, kMostReported);
}

}  // namespace

ReportRules report_rules(const config::Pool& pool) {
  const config::Health& health = pool.health;
  const Duration wanted =
      std::clamp<Duration>(kBelievedIntervals * health.interval, kBelievedAtLeast, kBelievedAtMost);
  const bool probes_report = config::resolved_kind(pool) != config::HealthKind::tcp;
  const Duration next_probe = probes_report ? health.interval + health.timeout : Duration::zero();
  return {.metric = health.load_metric,
          .full = health.load_metric.empty() ? 1.0 : health.load_full,
          .believed = std::max(wanted, next_probe)};
}

std::optional<double> reported_load(std::string_view value, const ReportRules& rules) {
  value = trim(value);
  if (!value.starts_with("JSON ")) {
    if (value.starts_with("TEXT ")) value.remove_prefix(5);
    return load_by(rules, [value](std::string_view name) { return find_in_text(value, name); });
  }
  const Json json = Json::parse(value.substr(5), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  return load_by(rules, [&json](std::string_view name) { return find_in_json(json, name); });
}

}  // namespace pinion::balance
