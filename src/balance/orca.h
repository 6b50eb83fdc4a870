// What a backend says of its own load in an answer's head: the field `endpoint-load-metrics` of
// ORCA (Open Request Cost Aggregation; Envoy writes down its two readable forms, TEXT and JSON).
//
// Threads: pure functions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "config/config.h"

namespace pinion::balance {

inline constexpr std::string_view kOrcaField = "endpoint-load-metrics";

/// No more is believed of what a backend says that it has to do: 1 is all that it can.
inline constexpr double kMostReported = 1000;

/// Which of the reported numbers is the load, and what it says.
struct ReportRules {
  /// "queue" for named_metrics.queue, or one that ORCA itself names. "": application_utilization,
  /// else cpu_utilization.
  std::string metric;
  double full = 1;      // its value at which the backend has all that it can do; above 0
  Duration believed{};  // for how long it is

  bool operator==(const ReportRules&) const = default;
};

ReportRules report_rules(const config::Pool& pool);

/// @param value of the field: "TEXT key=number, …", "JSON {…}"; one without either word is TEXT.
/// In JSON the names of ORCA may be in lowerCamelCase, as protobuf writes them
/// @returns the load, from 0 to kMostReported; above 1 there is more than it can do. Nothing when
/// the text cannot be read or has no such number
std::optional<double> reported_load(std::string_view value, const ReportRules& rules);

}  // namespace pinion::balance
