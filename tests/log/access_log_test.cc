#include "log/access_log.h"

#include <doctest/doctest.h>

#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "capture.h"

namespace pinion::log {

namespace {

AccessEntry example() {
  AccessEntry entry;
  entry.time =
      std::chrono::sys_days{std::chrono::year{2026} / 1 / 2} + std::chrono::milliseconds(5);
  entry.client = "192.0.2.7";
  entry.method = "GET";
  entry.target = "/socket.io/?EIO=4";
  entry.status = 200;
  entry.duration = std::chrono::microseconds(12345);
  entry.bytes_in = 10;
  entry.bytes_out = 118;
  entry.pool = "chat";
  entry.backend = "chat-1";
  entry.transport = "polling";
  entry.kind = "handshake";
  return entry;
}

}  // namespace

TEST_CASE("an access line as text") {
  const Capture capture;
  {
    auto log = AccessLog::open(capture.path(), Format::text);
    REQUIRE(log.has_value());
    CHECK(log->enabled());
    log->write(example());
  }
  REQUIRE(capture.lines().size() == 1);
  CHECK(capture.lines()[0] ==
        "2026-01-02T00:00:00.005Z 192.0.2.7 GET \"/socket.io/?EIO=4\" 200 12.3ms in=10 out=118 "
        "pool=chat backend=chat-1 sid=- transport=polling kind=handshake error=- side=-");
}

TEST_CASE("an access line as JSON, with a hostile target") {
  const Capture capture;
  {
    auto log = AccessLog::open(capture.path(), Format::json);
    REQUIRE(log.has_value());
    auto entry = example();
    entry.target = "/a\"\r\n{\"ts\":\"forged\"}\xff";
    log->write(entry);
  }
  REQUIRE(capture.lines().size() == 1);
  const auto line = nlohmann::json::parse(capture.lines()[0]);
  CHECK(line["target"] == "/a\"\r\n{\"ts\":\"forged\"}\xEF\xBF\xBD");
  CHECK(line["duration_ms"] == 12.345);
  CHECK(line["status"] == 200);
  CHECK(line["sid"] == "");
}

TEST_CASE("off is off, and a file that cannot be written is one clear error") {
  auto off = AccessLog::open("", Format::text);
  REQUIRE(off.has_value());
  CHECK_FALSE(off->enabled());
  off->write(example());
  CHECK(off->reopen().has_value());

  const auto failed = AccessLog::open("/nonexistent/dir/access.log", Format::text);
  REQUIRE_FALSE(failed.has_value());
  CHECK(failed.error() ==
        "access log: cannot write /nonexistent/dir/access.log: No such file or directory");
}

TEST_CASE("lines go to another file, to none, and back") {
  const Capture first;
  const Capture second;
  {
    auto log = AccessLog::open("", Format::text);
    REQUIRE(log.has_value());
    REQUIRE(log->redirect(first.path()).has_value());
    CHECK(log->enabled());
    log->write(example());
    CHECK_FALSE(log->redirect("/nonexistent/dir/access.log").has_value());
    CHECK(log->enabled());
    REQUIRE(log->redirect("").has_value());
    CHECK_FALSE(log->enabled());
    log->write(example());
    REQUIRE(log->redirect(second.path()).has_value());
    log->write(example());
  }
  // A line that was queued before may go to either file; none is lost.
  CHECK(first.lines().size() + second.lines().size() == 2);
  CHECK_FALSE(second.lines().empty());
}

TEST_CASE("reopen follows a rotation") {
  const Capture capture;
  const std::string rotated = capture.path() + ".1";
  {
    auto log = AccessLog::open(capture.path(), Format::text);
    REQUIRE(log.has_value());
    log->write(example());
    REQUIRE(std::rename(capture.path().c_str(), rotated.c_str()) == 0);
    REQUIRE(log->reopen().has_value());
    log->write(example());
    log->write(example());
  }
  // Lines queued before reopen() may go to either file; none is lost.
  const auto old_lines = Capture::lines_of(rotated).size();
  CHECK(old_lines + capture.lines().size() == 3);
  CHECK(capture.lines().size() >= 2);
  CHECK(std::remove(rotated.c_str()) == 0);
}

}  // namespace pinion::log
