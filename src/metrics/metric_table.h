// The one table of metrics: what there is, what it means, and where its numbers come from. The
// exposition, the man page and the tests read it.
//
// Threads: constant data and pure functions.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "metrics/snapshot.h"

namespace pinion::metrics {

enum class MetricKind : unsigned char { counter, gauge, histogram };
std::string_view to_string(MetricKind kind) noexcept;

/// One time series at one moment.
struct Sample {
  std::vector<std::string> labels;  // values, in the order of Metric::labels
  double value = 0;                 // of a histogram: the sum
  struct Bucket {
    double bound = 0;
    std::uint64_t cumulative = 0;
  };
  std::vector<Bucket> buckets;  // histograms only; the last bound is infinite
};
using Samples = std::vector<Sample>;

/// Names of labels, at most kMost, as constant data.
class LabelNames {
 public:
  static constexpr std::size_t kMost = 3;
  constexpr LabelNames(std::initializer_list<std::string_view> names) noexcept {
    for (const std::string_view name : names) names_[size_++] = name;
  }
  [[nodiscard]] constexpr const std::string_view* begin() const noexcept { return names_.data(); }
  [[nodiscard]] constexpr const std::string_view* end() const noexcept { return begin() + size_; }
  [[nodiscard]] constexpr std::size_t size() const noexcept { return size_; }

 private:
  std::array<std::string_view, kMost> names_;
  std::size_t size_ = 0;
};

struct Metric {
  std::string_view name;  // whole, with prefix and unit
  MetricKind kind = MetricKind::gauge;
  std::string_view unit;  // seconds, bytes, or empty
  LabelNames labels;
  std::string_view help;  // one sentence, with its period
  void (*collect)(const Snapshot& snapshot, Samples& out) = nullptr;
};

/// All metrics, in the order in which they are shown.
std::span<const Metric> metric_table() noexcept;

/// The list of metrics as a piece of a man page in scdoc(5).
std::string metrics_scdoc();

}  // namespace pinion::metrics
