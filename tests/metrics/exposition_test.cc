#include "metrics/exposition.h"

#include <doctest/doctest.h>

#include <cctype>
#include <cstdlib>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "example.h"
#include "metrics/metric_table.h"

namespace pinion::metrics {

namespace {

struct Series {
  std::string name;
  std::map<std::string, std::string> labels;
  double value = 0;
};

struct Family {
  std::string type, help;
  std::vector<Series> series;
};

/// One `name{label="value",...} number` line, read strictly.
Series parse_series(const std::string& line) {
  Series series;
  std::size_t at = line.find_first_of("{ ");
  REQUIRE(at != std::string::npos);
  series.name = line.substr(0, at);
  if (line[at] == '{') {
    ++at;
    while (line[at] != '}') {
      const auto equals = line.find("=\"", at);
      REQUIRE(equals != std::string::npos);
      const std::string label = line.substr(at, equals - at);
      std::string value;
      for (at = equals + 2; line[at] != '"'; ++at) {
        REQUIRE(at + 1 < line.size());
        if (line[at] == '\\') {
          ++at;
          value += line[at] == 'n' ? '\n' : line[at];
        } else {
          value += line[at];
        }
      }
      CHECK(series.labels.emplace(label, value).second);
      ++at;
      if (line[at] == ',') ++at;
    }
    ++at;
  }
  REQUIRE(line[at] == ' ');
  char* end = nullptr;
  series.value = std::strtod(line.c_str() + at + 1, &end);
  REQUIRE(*end == '\0');
  return series;
}

std::string family_of(const std::string& series, const std::map<std::string, Family>& families) {
  for (const std::string suffix : {"_bucket", "_sum", "_count"}) {
    if (!series.ends_with(suffix)) continue;
    const std::string base = series.substr(0, series.size() - suffix.size());
    const auto found = families.find(base);
    if (found != families.end() && found->second.type == "histogram") return base;
  }
  return series;
}

std::map<std::string, Family> parse(const std::string& text) {
  std::map<std::string, Family> families;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) {
    CAPTURE(line);
    std::istringstream words(line);
    std::string hash;
    std::string what;
    std::string name;
    if (line.starts_with("# ")) {
      words >> hash >> what >> name;
      std::string rest;
      std::getline(words >> std::ws, rest);
      REQUIRE((what == "HELP" || what == "TYPE"));
      (what == "HELP" ? families[name].help : families[name].type) = rest;
      continue;
    }
    const Series series = parse_series(line);
    const auto found = families.find(family_of(series.name, families));
    REQUIRE(found != families.end());
    found->second.series.push_back(series);
  }
  CHECK(text.ends_with('\n'));
  return families;
}

double value_of(const Family& family, const std::string& name,
                const std::map<std::string, std::string>& labels) {
  for (const Series& series : family.series) {
    if (series.name == name && series.labels == labels) return series.value;
  }
  FAIL("no series ", name);
  return 0;
}

}  // namespace

TEST_CASE("the exposition shows each metric of the table, and nothing else") {
  const auto families = parse(exposition(example_snapshot()));
  CHECK(families.size() == metric_table().size());
  for (const Metric& metric : metric_table()) {
    CAPTURE(metric.name);
    const auto found = families.find(std::string(metric.name));
    REQUIRE(found != families.end());
    CHECK(found->second.type == to_string(metric.kind));
    CHECK(found->second.help == metric.help);
    REQUIRE_FALSE(found->second.series.empty());
    std::set<std::map<std::string, std::string>> seen;
    for (const Series& series : found->second.series) {
      std::set<std::string> names;
      for (const auto& [label, value] : series.labels) {
        if (label != "le") names.insert(label);
      }
      CHECK(names == std::set<std::string>(metric.labels.begin(), metric.labels.end()));
      if (metric.kind != MetricKind::histogram) CHECK(seen.insert(series.labels).second);
    }
  }
}

TEST_CASE("numbers arrive where they belong") {
  auto families = parse(exposition(example_snapshot()));
  const auto value = [&families](const std::string& name,
                                 const std::map<std::string, std::string>& labels) {
    return value_of(families[name], name, labels);
  };
  const std::string odd = "chat \"1\"\n";
  CHECK(value("pinion_sessions",
              {{"pool", "chat"}, {"backend", odd}, {"transport", "websocket"}}) == 31);
  CHECK(value("pinion_sessions", {{"pool", "chat"}, {"backend", odd}, {"transport", "polling"}}) ==
        32);
  CHECK(value("pinion_backend_load", {{"pool", "chat"}, {"backend", odd}}) == 1.5);
  CHECK(value("pinion_backend_work_rate", {{"pool", "chat"}, {"backend", odd}}) == 37);
  CHECK(value("pinion_backend_hot", {{"pool", "chat"}, {"backend", odd}}) == 1);
  CHECK(value("pinion_backend_ramping", {{"pool", "chat"}, {"backend", odd}}) == 1);
  CHECK(value("pinion_backend_ready", {{"pool", "chat"}, {"backend", odd}}) == 0);
  CHECK(value("pinion_frames_total", {{"direction", "in"}, {"opcode", "text"}}) == 7);
  CHECK(value("pinion_frames_total", {{"direction", "out"}, {"opcode", "binary"}}) == 9);
  CHECK(value("pinion_paused_seconds_total", {{"direction", "in"}}) == 1.5);
  CHECK(value("pinion_requests_total", {{"pool", "chat"}, {"code", "200"}}) == 2);
  CHECK(value("pinion_requests_total", {{"pool", "chat"}, {"code", "404"}}) == 1);
  CHECK(value("pinion_unknown_sid_total", {{"pool", "chat"}}) == 5);
  CHECK(value("pinion_closes_total", {{"reason", "evicted"}, {"side", "proxy"}}) == 6);
  CHECK(value("pinion_connections", {}) == 8);
  CHECK(value("pinion_reloads_total", {{"result", "ok"}}) == 0);
  CHECK(value("pinion_reloads_total", {{"result", "failed"}}) == 1);
  CHECK(value("pinion_config_loaded_time_seconds", {}) == 1767322900);
  CHECK(value("pinion_name_lookups_total", {{"result", "failed"}}) == 3);
  CHECK(value("pinion_admin_refused_total", {{"reason", "unauthorized"}}) == 2);
  CHECK(value("pinion_build_info", {{"version", "1.2.3"}}) == 1);
  CHECK(value("process_start_time_seconds", {}) == 1767322800);
}

TEST_CASE("a backend without an address is down, and nothing else is said of it") {
  Snapshot snapshot = example_snapshot();
  snapshot.unresolved = {{.pool = "chat", .name = "lost:3001"}};
  const auto families = parse(exposition(snapshot));
  const std::map<std::string, std::string> lost = {{"pool", "chat"}, {"backend", "lost:3001"}};
  std::set<std::string> told;
  for (const auto& [name, family] : families) {
    for (const Series& series : family.series) {
      const auto backend = series.labels.find("backend");
      if (backend == series.labels.end() || backend->second != "lost:3001") continue;
      CHECK(series.labels == lost);
      CHECK(series.value == 0);
      told.insert(name);
    }
  }
  CHECK(told == std::set<std::string>{"pinion_backend_ready", "pinion_backend_up"});
}

TEST_CASE("histograms are cumulative, and end with +Inf and the count") {
  auto families = parse(exposition(example_snapshot()));
  const auto& durations = families["pinion_request_duration_seconds"];
  const std::string name = "pinion_request_duration_seconds";
  CHECK(value_of(durations, name + "_bucket", {{"le", "0.001"}}) == 0);
  CHECK(value_of(durations, name + "_bucket", {{"le", "0.0025"}}) == 1);
  CHECK(value_of(durations, name + "_bucket", {{"le", "0.25"}}) == 1);
  CHECK(value_of(durations, name + "_bucket", {{"le", "0.5"}}) == 2);
  CHECK(value_of(durations, name + "_bucket", {{"le", "+Inf"}}) == 2);
  CHECK(value_of(durations, name + "_count", {}) == 2);
  CHECK(value_of(durations, name + "_sum", {}) == doctest::Approx(0.302));
  const auto& sizes = families["pinion_frame_size_bytes"];
  CHECK(value_of(sizes, "pinion_frame_size_bytes_bucket", {{"direction", "out"}, {"le", "1024"}}) ==
        1);
  CHECK(value_of(sizes, "pinion_frame_size_bytes_count", {{"direction", "out"}}) == 2);
}

TEST_CASE("a proxy without backends still shows what there is to know") {
  const auto families = parse(exposition(Snapshot{}));
  CHECK(families.size() == metric_table().size());
}

}  // namespace pinion::metrics
