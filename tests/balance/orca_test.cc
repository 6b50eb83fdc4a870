#include "balance/orca.h"

#include <doctest/doctest.h>

namespace pinion::balance {

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
