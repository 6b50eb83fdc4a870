#include "log/log.h"

#include <doctest/doctest.h>
#include <fcntl.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "capture.h"

namespace pinion::log {

TEST_CASE("a text line has time, level, event and fields") {
  const Capture capture;
  {
    Logger log{{.fd = capture.fd()}};
    log.warning("backend is down", {{"pool", "chat"}, {"why", "timed out"}, {"port", 3001}});
  }
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].size() > 24);
  CHECK(lines[0][10] == 'T');
  CHECK(lines[0][23] == 'Z');
  CHECK(lines[0].substr(24) == " warning backend is down pool=chat why=\"timed out\" port=3001");
}

TEST_CASE("a JSON line is an object with typed fields") {
  const Capture capture;
  {
    Logger log{{.format = Format::json, .fd = capture.fd()}};
    log.error("odd \"event\"\n", {{"count", 18446744073709551615U},
                                  {"share", 0.5},
                                  {"up", false},
                                  {"delta", -3},
                                  {"name", std::string("a\nb")}});
  }
  const auto lines = capture.lines();
  REQUIRE(lines.size() == 1);
  const auto line = nlohmann::json::parse(lines[0]);
  CHECK(line["level"] == "error");
  CHECK(line["event"] == "odd \"event\"\n");
  CHECK(line["count"] == 18446744073709551615U);
  CHECK(line["share"] == 0.5);
  CHECK(line["up"] == false);
  CHECK(line["delta"] == -3);
  CHECK(line["name"] == "a\nb");
  CHECK(line["ts"].get<std::string>().size() == 24);
}

TEST_CASE("lines below the level are not written") {
  const Capture capture;
  {
    Logger log{{.level = Level::warning, .fd = capture.fd()}};
    log.info("no");
    log.set_level(Level::debug);
    log.debug("yes");
  }
  REQUIRE(capture.lines().size() == 1);
  CHECK(capture.lines()[0].ends_with(" debug   yes"));
}

TEST_CASE("many threads write whole lines") {
  const Capture capture;
  {
    Logger log{{.fd = capture.fd(), .capacity = 10000}};
    std::vector<std::thread> threads;
    threads.reserve(4);
    for (int t = 0; t < 4; ++t) {
      threads.emplace_back([&log] {
        for (int i = 0; i < 500; ++i) log.info("event", {{"pad", std::string(300, 'x')}});
      });
    }
    for (auto& thread : threads) thread.join();
    CHECK(log.dropped() == 0);
  }
  const auto lines = capture.lines();
  CHECK(lines.size() == 2000);
  for (const auto& line : lines) CHECK(line.ends_with("pad=" + std::string(300, 'x')));
}

TEST_CASE("a reader that stopped costs lines, never the caller's time") {
  int ends[2];
  REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
  std::string read_back;
  {
    Logger log{{.fd = ends[1], .capacity = 16}};
    const std::string pad(8000, 'x');
    for (int i = 0; i < 200; ++i) log.info("event", {{"i", i}, {"pad", pad}});
    CHECK(log.dropped() > 100);
    // The reader comes back, so that the queue can drain.
    std::thread reader([&] {
      char buffer[65536];
      ssize_t count = 0;
      while ((count = ::read(ends[0], buffer, sizeof(buffer))) > 0) {
        read_back.append(buffer, static_cast<std::size_t>(count));
        if (read_back.find("i=199 ") != std::string::npos && read_back.ends_with("\n")) break;
      }
    });
    reader.join();
  }
  ::close(ends[0]);
  ::close(ends[1]);
  CHECK(read_back.find("i=199 ") != std::string::npos);
}

TEST_CASE("lines that a full disk does not take are counted") {
  const int full = ::open("/dev/full", O_WRONLY | O_CLOEXEC);
  REQUIRE(full >= 0);
  {
    Logger log{{.fd = full}};
    log.error("first");
    log.error("second");
    const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (log.dropped() < 2 && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::yield();
    }
    CHECK(log.dropped() == 2);
  }
  ::close(full);
}

}  // namespace pinion::log
