#include "balance/orca.h"

#include <doctest/doctest.h>

namespace pinion::balance {

using namespace std::chrono_literals;

TEST_CASE("the load is the application's utilization, else the processor's") {
  CHECK(reported_load("TEXT cpu_utilization=0.3", {}) == 0.3);
  CHECK(reported_load("TEXT cpu_utilization=0.3,application_utilization=0.6", {}) == 0.6);
  CHECK(reported_load("TEXT application_utilization=0, cpu_utilization=0.25", {}) == 0.25);
  CHECK(reported_load(R"(JSON {"cpu_utilization": 0.5, "mem_utilization": 0.9})", {}) == 0.5);
  CHECK(reported_load(R"(JSON {"cpu_utilization": 0.5, "application_utilization": 1.5})", {}) ==
        1.5);
  CHECK(reported_load("cpu_utilization=0.75", {}) == 0.75);
  CHECK(reported_load("TEXT cpu_utilization=0", {}) == 0.0);
  CHECK(reported_load("TEXT application_utilization=0.0000", {}) == 0.0);
}

TEST_CASE("a metric that the application names is the load when the config says so") {
  const ReportRules queue{.metric = "queue", .full = 50, .believed = {}};
  CHECK(reported_load("TEXT cpu_utilization=0.3, named_metrics.queue=25", queue) == 0.5);
  CHECK(reported_load("TEXT queue=100", queue) == 2.0);
  CHECK(reported_load(R"(JSON {"cpu_utilization":0.3,"named_metrics":{"queue":25}})", queue) ==
        0.5);
  CHECK(reported_load("TEXT cpu_utilization=0.3", queue) == std::nullopt);
  CHECK(reported_load("TEXT named_metrics.queue=5",
                      {.metric = "named_metrics.queue", .full = 10, .believed = {}}) == 0.5);
  CHECK(reported_load("TEXT mem_utilization=0.5",
                      {.metric = "mem_utilization", .full = 1, .believed = {}}) == 0.5);
}

TEST_CASE("JSON may have the names that protobuf writes") {
  CHECK(reported_load(R"(JSON {"cpuUtilization": 0.5})", {}) == 0.5);
  CHECK(reported_load(R"(JSON {"cpuUtilization": 0.5, "applicationUtilization": 1.5})", {}) == 1.5);
  CHECK(reported_load(R"(JSON {"memUtilization": 0.25})",
                      {.metric = "mem_utilization", .full = 1, .believed = {}}) == 0.25);
  const ReportRules rules{.metric = "queue_length", .full = 50, .believed = {}};
  CHECK(reported_load(R"(JSON {"namedMetrics":{"queue_length":25}})", rules) == 0.5);
  CHECK(reported_load(R"(JSON {"namedMetrics":{"queueLength":25}})", rules) == std::nullopt);
}

TEST_CASE("no load is beyond all bounds") {
  CHECK(reported_load("TEXT cpu_utilization=1e308", {}) == kMostReported);
  CHECK(reported_load(R"(JSON {"cpu_utilization": 1e308})", {}) == kMostReported);
  CHECK(reported_load("TEXT cpu_utilization=999", {}) == 999.0);
}

TEST_CASE("a report is believed until the next ones are due, and not for long") {
  const auto believed = [](Duration interval, config::HealthKind kind) {
    config::Pool pool;
    pool.socketio_path = "/socket.io/";
    pool.health = {.kind = kind, .interval = interval, .timeout = 5s};
    return report_rules(pool).believed;
  };
  using enum config::HealthKind;
  for (const auto kind : {automatic, engineio, http, websocket}) {
    CHECK(believed(1s, kind) == 10s);
    CHECK(believed(10s, kind) == 30s);
    CHECK(believed(40s, kind) == 60s);
    CHECK(believed(10min, kind) == 10min + 5s);
  }
  // These probes have no answer to report in.
  CHECK(believed(10min, tcp) == 60s);
}

TEST_CASE("what is no report says nothing") {
  for (const char* const text : {"",
                                 "TEXT",
                                 "TEXT ",
                                 "JSON",
                                 "JSON ",
                                 "JSON {",
                                 "JSON []",
                                 "JSON 3",
                                 "TEXT cpu_utilization",
                                 "TEXT cpu_utilization=",
                                 "TEXT cpu_utilization=x",
                                 "TEXT cpu_utilization=nan",
                                 "TEXT cpu_utilization=inf",
                                 "TEXT cpu_utilization=-1",
                                 "TEXT cpu_utilization=1e999",
                                 "TEXT ,,,=,",
                                 R"(JSON {"cpu_utilization":"0.5"})",
                                 R"(JSON {"named_metrics":3})",
                                 R"(JSON {"cpu_utilization":null})",
                                 "BIN CAEQ"}) {
    CAPTURE(text);
    CHECK(reported_load(text, {}) == std::nullopt);
  }
}

}  // namespace pinion::balance
