#include "metrics/exposition.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>
#include <vector>

#include "base/check.h"
#include "metrics/metric_table.h"

namespace pinion::metrics {
namespace {

prometheus::MetricType type_of(MetricKind kind) noexcept {
  switch (kind) {
    case MetricKind::counter:
      return prometheus::MetricType::Counter;
    case MetricKind::histogram:
      return prometheus::MetricType::Histogram;
    case MetricKind::gauge:
      break;
  }
  return prometheus::MetricType::Gauge;
}

prometheus::ClientMetric series(const Metric& metric, Sample& sample) {
  PINION_CHECK(sample.labels.size() == metric.labels.size(), "a value for each label");
  prometheus::ClientMetric out;
  auto value = sample.labels.begin();
  for (const std::string_view name : metric.labels) {
    out.label.push_back({.name = std::string(name), .value = std::move(*value++)});
  }
  switch (metric.kind) {
    case MetricKind::counter:
      out.counter.value = sample.value;
      break;
    case MetricKind::gauge:
      out.gauge.value = sample.value;
      break;
    case MetricKind::histogram:
      out.histogram.sample_sum = sample.value;
      for (const auto& [bound, cumulative] : sample.buckets) {
        out.histogram.bucket.push_back({.cumulative_count = cumulative, .upper_bound = bound});
        out.histogram.sample_count = cumulative;
      }
      break;
  }
  return out;
}

}  // namespace

std::string exposition(const Snapshot& snapshot) {
  std::vector<prometheus::MetricFamily> families;
  Samples samples;
  for (const Metric& metric : metric_table()) {
    prometheus::MetricFamily family;
    family.name = metric.name;
    family.help = metric.help;
    family.type = type_of(metric.kind);
    samples.clear();
    metric.collect(snapshot, samples);
    for (Sample& sample : samples) family.metric.push_back(series(metric, sample));
    families.push_back(std::move(family));
  }
  return prometheus::TextSerializer{}.Serialize(families);
}

}  // namespace pinion::metrics
