// Metrics in the text format of Prometheus (version 0.0.4).
//
// Threads: pure function.
#pragma once

#include <string>
#include <string_view>

#include "metrics/snapshot.h"

namespace pinion::metrics {

/// The media type that goes with it.
inline constexpr std::string_view kExpositionType = "text/plain; version=0.0.4; charset=utf-8";

/// Every metric of the table, with HELP and TYPE, also those that have no series yet.
std::string exposition(const Snapshot& snapshot);

}  // namespace pinion::metrics
