#include "cli/bench_report.h"

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>
#include <sstream>

namespace pinion::cli {
namespace {

using Json = nlohmann::json;
using std::chrono::milliseconds;
using std::chrono::seconds;

BenchOptions of_report() {
  BenchOptions options;
  options.target = "http://chat.example";
  options.sessions = 10;
  return options;
}

loadgen::Outcome a_good_run() {
  loadgen::Outcome outcome{.elapsed = seconds{10}};
  outcome.total.started = outcome.total.joined = 10;
  outcome.total.sent = outcome.total.answered = outcome.total.heard = 100;
  outcome.total.bytes_out = 20'480;
  outcome.total.bytes_in = 4'000;
  outcome.in_time = {.heard = 100, .bytes_out = 20'480, .bytes_in = 4'000};
  for (int i = 1; i <= 100; ++i) outcome.total.delay.record(milliseconds{i});
  return outcome;
}

loadgen::Outcome a_bad_run() {
  loadgen::Outcome outcome = a_good_run();
  outcome.kind = loadgen::Outcome::Kind::interrupted;
  outcome.total.lost = 7;
  outcome.total.missing = 2;
  outcome.total.unknown_sid = 3;
  outcome.total.refused.add("503");
  outcome.total.count_retry_after(seconds{4});
  outcome.total.closed.add("websocket closed with 1001 \x1b[31m");
  outcome.total.count_stall(milliseconds{2500}, true);
  return outcome;
}

std::string printed(const BenchOptions& options, const loadgen::Outcome& outcome) {
  std::ostringstream out;
  std::ostringstream err;
  print_bench_report(options, outcome, {.out = out, .err = err});
  CHECK(err.str().empty());
  return out.str();
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a good run in a table") {
  const std::string text = printed(of_report(), a_good_run());
  CHECK(text.starts_with("http://chat.example by websocket, 10 sessions, 10.00 s\n"));
  CHECK(has(text, "P99"));
  CHECK(has(text, "ack"));
  CHECK(has(text, "50.2 ms"));  // within 1/64
  CHECK(has(text, "100 ms"));
  CHECK(has(text, "10 started, 10 joined\n"));
  CHECK(has(text, "100 sent (10.0/s), 100 answered, 100 heard (10.0/s)"));
  CHECK(has(text, "0 lost"));
  CHECK(has(text, "no stall of 1 s or more"));
  CHECK(has(text, "2.0KB/s out, 400B/s in"));
  CHECK_FALSE(has(text, "closed"));
  CHECK_FALSE(has(text, "handshake"));  // nothing was measured
}

TEST_CASE("a bad run in a table") {
  const std::string text = printed(of_report(), a_bad_run());
  CHECK(has(text, ", interrupted\n"));
  CHECK(has(text, "7 lost"));
  CHECK(has(text, "2 missing at the end"));
  CHECK(has(text, "1 refused with: 503"));
  CHECK(has(text, "1 with Retry-After, 4 to 4 s"));
  CHECK(has(text, "1 closed: websocket closed with 1001"));
  CHECK_FALSE(has(text, "\x1b"));
  CHECK(has(text, "3 answers that the session is unknown"));
  CHECK(has(text, "1 stalls of 1 s and more in 1 sessions, the longest 2.50 s"));
}

TEST_CASE("where nothing is answered the report asks whether that is how the server answers") {
  loadgen::Outcome outcome = a_bad_run();
  CHECK_FALSE(has(printed(of_report(), outcome), "none was answered"));
  outcome.total.answered = 0;
  BenchOptions options = of_report();
  CHECK(has(printed(options, outcome), "does the server answer message by an ack?"));
  options.reply = "said";
  CHECK(has(printed(options, outcome), "does the server answer message by said?"));
}

TEST_CASE("what came after the last message was sent is no rate that the server has kept up") {
  loadgen::Outcome outcome = a_good_run();
  outcome.total.heard = 5'000;
  outcome.total.bytes_in = 400'000;
  CHECK(has(printed(of_report(), outcome), "5,000 heard (10.0/s)"));
  const Json report = Json::parse(bench_json(of_report(), outcome));
  CHECK(report["messages"]["heard"] == 5'000);
  CHECK(report["messages"]["heard_per_s"] == 10.0);
  CHECK(report["messages"]["bytes_in_per_s"] == 400.0);
}

TEST_CASE("who sends too late says so") {
  loadgen::Outcome outcome = a_good_run();
  outcome.total.lateness.record(milliseconds{1});
  CHECK_FALSE(has(printed(of_report(), outcome), "too busy"));
  outcome.total.lateness.record(milliseconds{50});
  CHECK(has(printed(of_report(), outcome), "too busy"));
}

TEST_CASE("the report as JSON") {
  const Json good = Json::parse(bench_json(of_report(), a_good_run()));
  CHECK(good["clean"] == true);
  CHECK(good["interrupted"] == false);
  CHECK(good["sessions"]["joined"] == 10);
  CHECK(good["messages"]["sent_per_s"] == 10.0);
  CHECK(good["delay_ms"]["count"] == 100);
  CHECK(good["delay_ms"]["max"] == 100.0);
  CHECK(good["gap_ms"].is_null());
  CHECK(good["sessions"]["closed"] == Json{{"total", 0}, {"why", Json::object()}});
  const Json bad = Json::parse(bench_json(of_report(), a_bad_run()));
  CHECK(bad["clean"] == false);
  CHECK(bad["interrupted"] == true);
  CHECK(bad["messages"]["lost"] == 7);
  CHECK(bad["sessions"]["missing"] == 2);
  CHECK(bad["sessions"]["unknown_sid"] == 3);
  CHECK(bad["sessions"]["refused"]["why"]["503"] == 1);
  CHECK(bad["sessions"]["retry_after"]["least_s"] == 4.0);
  CHECK(bad["sessions"]["closed"]["total"] == 1);
  CHECK(bad["stalls"]["longest_ms"] == 2500.0);
}

TEST_CASE("progress tells of the time since the line before") {
  loadgen::Measurements all;
  loadgen::Histogram lately;
  BenchProgress progress;
  const auto line = [&](int second) {
    return progress.line({loadgen::Phase::steady, seconds{second}, all, lately}, 50);
  };
  all.present = 5;
  all.sent = 10;
  CHECK(line(1) == "   1 s  5/50 sessions  10.0/s out  0.0/s in");
  all.sent = 2010;
  all.heard = 30;
  all.lost = 2;
  all.closed.add("x");
  lately.record(milliseconds{5});
  CHECK(
      line(3) ==
      "   3 s  5/50 sessions  1,000/s out  15.0/s in  p50 5.00 ms  p99 5.00 ms  2 lost  1 closed");
}

}  // namespace pinion::cli
