#include "config/check_thresholds.h"

#include <doctest/doctest.h>

#include <string>

#include "sample.h"

namespace pinion::config {
namespace {

std::string limited(const std::string& busy, const std::string& full) {
  return "[[route]]\npool = \"chat\"\n[[pool]]\nname = \"chat\"\nbackends = "
         "[\"127.0.0.1:3001\"]\n[pool.thresholds.busy]\n" +
         busy + "[pool.thresholds.full]\n" + full;
}

}  // namespace

TEST_CASE("a limit by which a backend would be full before it is busy is an error") {
  sample::expect_one(
      limited("sessions = 200\n", "sessions = 100\n"),
      "7:12: error: [pool.thresholds.busy].sessions: 200 is more than sessions of full, which is "
      "100, so that a backend would be full before it is busy");
  sample::expect_one(
      limited("busy_share = 50\nloop_delay = \"1s\"\n", "loop_delay = \"200ms\"\n"),
      "8:14: error: [pool.thresholds.busy].loop_delay: 1s is more than loop_delay of full, which "
      "is 200ms, so that a backend would be full before it is busy");
  sample::expect_one(
      limited("queued_bytes = \"2MiB\"\n", "queued_bytes = \"1MiB\"\n"),
      "7:16: error: [pool.thresholds.busy].queued_bytes: 2MiB is more than queued_bytes of full, "
      "which is 1MiB, so that a backend would be full before it is busy");
  for (const std::string limit : {"busy_share", "inflight", "reported_load"}) {
    CAPTURE(limit);
    CHECK(sample::errors_of(limited(limit + " = 60\n", limit + " = 50\n")).size() == 1);
  }
}

TEST_CASE("limits that are the same, or of which one is none, are in order") {
  sample::sound(limited("sessions = 100\n", "sessions = 100\n"));
  sample::sound(limited("sessions = 100\n", ""));
  sample::sound(limited("", "loop_delay = \"100ms\"\n"));
  sample::sound(limited("loop_delay = \"100ms\"\n", "busy_share = 10\n"));
}

}  // namespace pinion::config
