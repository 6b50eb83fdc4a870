#include "metrics/metric_table.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <set>
#include <sstream>
#include <string>

namespace pinion::metrics {

TEST_CASE("names, units and help follow Prometheus' conventions") {
  std::set<std::string_view> seen;
  for (const Metric& metric : metric_table()) {
    CAPTURE(metric.name);
    CHECK(seen.insert(metric.name).second);
    CHECK((metric.name.starts_with("pinion_") || metric.name.starts_with("process_")));
    CHECK(metric.name.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    const bool total = metric.name.ends_with("_total");
    // pinion_sessions is what is live now, so the rule holds in both directions.
    CHECK(total == (metric.kind == MetricKind::counter));
    std::string_view base = metric.name;
    if (total) base.remove_suffix(std::string_view("_total").size());
    CHECK((metric.unit.empty() || metric.unit == "seconds" || metric.unit == "bytes"));
    CHECK(base.ends_with("_seconds") == (metric.unit == "seconds"));
    const bool in_bytes = base.ends_with("_bytes") || base == "pinion_bytes";
    CHECK(in_bytes == (metric.unit == "bytes"));
    for (const auto* suffix : {"_count", "_sum", "_bucket", "_milliseconds", "_ms", "_kilobytes"}) {
      CHECK_FALSE(base.ends_with(suffix));
    }
    REQUIRE(metric.help.size() > 10);
    CHECK(metric.help.ends_with('.'));
    CHECK(metric.help.find('\n') == std::string_view::npos);
    for (const auto label : metric.labels) {
      CHECK(label.find_first_not_of("abcdefghijklmnopqrstuvwxyz") == std::string_view::npos);
      CHECK(label != "le");
    }
  }
}

TEST_CASE("the metrics that others rely on are there, with their labels in this order") {
  struct Promise {
    std::string_view name;
    std::vector<std::string_view> labels;
  };
  const Promise promises[] = {
      {"pinion_sessions", {"pool", "backend", "transport"}},
      {"pinion_sessions_total", {"pool", "backend"}},
      {"pinion_pins", {}},
      {"pinion_unknown_sid_total", {"pool"}},
      {"pinion_frames_total", {"direction"}},
      {"pinion_bytes_total", {"direction"}},
      {"pinion_queued_bytes", {}},
      {"pinion_paused_total", {"direction"}},
      {"pinion_paused_seconds_total", {"direction"}},
      {"pinion_requests_total", {"pool", "code"}},
      {"pinion_request_duration_seconds", {}},
      {"pinion_upstream_connects_total", {"result"}},
      {"pinion_backend_up", {"pool", "backend"}},
      {"pinion_backend_load", {"pool", "backend"}},
      {"pinion_closes_total", {"reason"}},
      {"pinion_shed_total", {"reason"}},
      {"pinion_connections", {}},
      {"pinion_loop_lag_seconds", {"worker"}},
      {"pinion_build_info", {"version"}},
  };
  for (const Promise& promise : promises) {
    CAPTURE(promise.name);
    const auto found = std::ranges::find(metric_table(), promise.name, &Metric::name);
    REQUIRE(found != metric_table().end());
    REQUIRE(found->labels.size() >= promise.labels.size());
    CHECK(std::equal(promise.labels.begin(), promise.labels.end(), found->labels.begin()));
  }
}

TEST_CASE("the man page lists the metrics of the table") {
  const std::ifstream file(PINION_MAN_PAGE);
  if (!file) {
    MESSAGE("no man page in this tree");
    return;
  }
  std::ostringstream whole;
  whole << file.rdbuf();
  const std::string page = whole.str();
  const std::string begin = "; metrics-begin\n";
  const auto from = page.find(begin);
  const auto to = page.find("; metrics-end");
  REQUIRE_MESSAGE((from != std::string::npos && to != std::string::npos),
                  "the markers are missing in " PINION_MAN_PAGE);
  const std::string section = page.substr(from + begin.size(), to - from - begin.size());
  const bool same = section == metrics_scdoc();
  CHECK_MESSAGE(same, "put this between the markers of " PINION_MAN_PAGE ":\n" << metrics_scdoc());
}

}  // namespace pinion::metrics
