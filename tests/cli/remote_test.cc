// status and sessions against a real admin endpoint.
#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "run.h"
#include "server_fixture.h"

namespace pinion::cli {

using admin::example_session;
using admin::ServerFixture;

TEST_CASE("status is one screen") {
  const ServerFixture fixture;
  const auto outcome = run_pinion({"status", "--admin", fixture.url()});
  CHECK(outcome.code == 0);
  CHECK(outcome.err.empty());
  CHECK(outcome.out ==
        "pinion 1.2.3, up 3h12m, 2 workers, 321 connections, 18.4MB memory\n"
        "overloaded: buffers 12 % connections 88 %\n"
        "  no_keep_alive, short_idle\n"
        "\n"
        "POOL/BACKEND  STATE     SESSIONS   WS  POLL  RSVD  INFL  QUEUED  LOAD  BUSY\n"
        "chat\n"
        "  12 of at most 1,000 wait for room\n"
        "  chat-1      up             120  118     2     3     4   12.0K  1.23     ?\n"
        "  chat-2      down             0    0     0     0     0       0     ?     ?\n"
        "    connection refused\n"
        "files\n"
        "  files-1     draining         0    0     0     0     0       0     ?   62%\n"
        "total                        120  118     2     3     4   12.0K\n"
        "\n"
        "4,567 sessions since the start, 1,234,567 requests, 125 sids pinned\n");
}

TEST_CASE("status keeps its columns, whatever the load") {
  ServerFixture fixture;
  for (const auto& [load, cell] : {std::pair{9999.0, " 9999.00 "},
                                   {12'345.0, " 12K "},
                                   {999'400.0, " 999K "},
                                   {999'500.0, " >999K "},
                                   {1e308, " >999K "}}) {
    CAPTURE(load);
    fixture.control.status_view.backends.front().load = load;
    const auto outcome = run_pinion({"status", "--admin", fixture.url()});
    CHECK(outcome.out.find(cell) != std::string::npos);
  }
}

TEST_CASE("status keeps to 80 columns, whatever the names") {
  ServerFixture fixture;
  for (auto& backend : fixture.control.status_view.backends) {
    backend.name = "a-backend-with-a-very-long-name.in-some-domain.example:3001";
    backend.state = "maintenance";
    backend.sessions = 1'000'000;
    backend.websocket = 999'999;
    backend.polling = 100'000;
    backend.load = 123456.78;
    backend.reason = std::string(200, 'r');
  }
  const auto outcome = run_pinion({"status", "--admin", fixture.url()}, 80);
  std::istringstream lines(outcome.out);
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    // An ellipsis is three bytes and one column.
    CHECK(line.size() <= 82);
  }
}

TEST_CASE("colours only where they are wanted") {
  const ServerFixture fixture;
  const std::vector<std::string> status = {"status", "--admin", fixture.url()};
  CHECK(run_pinion(status).out.find('\x1b') == std::string::npos);
  const auto outcome = run_pinion(status, 80, true);
  CHECK(outcome.out.find("\x1b[32mup\x1b[0m") != std::string::npos);
  CHECK(outcome.out.find("\x1b[31mdown\x1b[0m") != std::string::npos);
}

TEST_CASE("--json prints the API's answer unchanged") {
  const ServerFixture fixture;
  const auto api = fixture.client().request("GET", "/api/v1/status");
  CHECK(run_pinion({"status", "--json", "--admin", fixture.url()}).out == api->body);
  const auto page = fixture.client().request("GET", "/api/v1/sessions");
  CHECK(run_pinion({"sessions", "--json", "--admin", fixture.url()}).out == page->body);
  const auto one = run_pinion({"sessions", "abc", "--json", "--admin", fixture.url()});
  CHECK(nlohmann::json::parse(one.out)["sid"] == "abc");
}

TEST_CASE("sessions as a table") {
  ServerFixture fixture;
  fixture.control.table.push_back(example_session("MMr5J6lKvQ42aJepAAAA"));
  const auto outcome = run_pinion({"sessions", "--admin", fixture.url()});
  CHECK(outcome.code == 0);
  CHECK(outcome.out ==
        "SID                   BACKEND  VIA  STATE    AGE   IDLE    RTT  FRAMES  FRAMES/s  BYTES  "
        "QUEUED  "
        "PAUSED\n"
        "abc                   chat-1   ws   idle   1m01s  250ms  0.5ms    2010       1.5   3.0M   "
        "    0  "
        "   0ms\n"
        "MMr5J6lKvQ42aJepAAAA  chat-1   ws   idle   1m01s  250ms  0.5ms    2010       1.5   3.0M   "
        "    0  "
        "   0ms\n");
  const auto first = run_pinion({"sessions", "--limit", "1", "--admin", fixture.url()});
  CHECK(first.out.ends_with("the first 1; there are more (--limit N, at most 1000)\n"));
  fixture.control.table.clear();
  CHECK(run_pinion({"sessions", "--admin", fixture.url()}).out == "no sessions\n");
}

TEST_CASE("the options of sessions reach the endpoint") {
  const ServerFixture fixture;
  run_pinion({"sessions", "--backend", "chat/a b&c", "--sort", "queued", "--limit", "7", "--admin",
              fixture.url()});
  const auto query = fixture.control.last_query();
  CHECK(query.backend == "chat/a b&c");
  CHECK(query.sort == admin::SessionSort::queued);
  CHECK(query.limit == 7);
}

TEST_CASE("one session, key by key") {
  ServerFixture fixture;
  fixture.control.table.push_back(example_session("odd/\x1b[31m"));
  const auto outcome = run_pinion({"sessions", "abc", "--admin", fixture.url()});
  CHECK(outcome.code == 0);
  CHECK(outcome.out.starts_with("sid: abc\npool: chat\nbackend: chat-1\ntransport: websocket\n"));
  CHECK(outcome.out.find("\nrtt_ms: 0.5\nrtt_seen: client\nlast_error: backend-5xx\n") !=
        std::string::npos);
  CHECK(outcome.out.ends_with("\naffinity: true\nupstream_sid: its-other-name\n"));
  const auto odd = run_pinion({"sessions", "odd/\x1b[31m", "--admin", fixture.url()});
  CHECK(odd.out.starts_with("sid: odd/\\u001b[31m\n"));
  const auto unknown = run_pinion({"sessions", "nobody", "--admin", fixture.url()});
  CHECK(unknown.code == 1);
  CHECK(unknown.err == "pinion: no live session has this sid\n");
}

TEST_CASE("no answer is exit code 3 and says what to do") {
  std::string url;
  {
    const ServerFixture fixture;
    url = fixture.url();
  }
  const auto outcome = run_pinion({"status", "--admin", url});
  CHECK(outcome.code == 3);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "pinion: no answer from " + url +
                           ": connection refused; is pinion running? (--admin URL)\n");
}

TEST_CASE("a token file that cannot be read is an error before anything is asked") {
  const ServerFixture fixture;
  const auto outcome =
      run_pinion({"status", "--token-file", "/nonexistent/token", "--admin", fixture.url()});
  CHECK(outcome.code == 1);
  CHECK(is_one_error_line(outcome.err));
  CHECK(outcome.err.find("/nonexistent/token") != std::string::npos);
}

TEST_CASE("drain, undrain and rebalance") {
  const ServerFixture fixture;
  const auto pinion = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--admin", fixture.url()});
    return run_pinion(std::move(arguments));
  };
  CHECK(pinion({"drain", "chat/chat-1", "--close", "--rate", "2.5/s"}).out ==
        "chat/chat-1 is draining, 120 sessions\n");
  CHECK(fixture.control.last_order().close);
  CHECK(fixture.control.last_order().per_second == 2.5);
  CHECK(pinion({"drain", "chat/chat-1", "--rate", "7"}).code == 0);
  CHECK_FALSE(fixture.control.last_order().close);
  CHECK(fixture.control.last_order().per_second == 7);
  CHECK(pinion({"undrain", "chat/chat-1"}).out == "chat/chat-1 is up, 120 sessions\n");
  CHECK(pinion({"rebalance", "chat", "--rate", "5/s"}).out ==
        "chat: 33 sessions to move, 5 a second\n");

  for (const std::vector<std::string>& wrong : {std::vector<std::string>{"drain"},
                                                {"drain", "chat"},
                                                {"drain", "/chat-1"},
                                                {"drain", "chat/"},
                                                {"drain", "chat/chat-1", "--rate", "fast"},
                                                {"rebalance"}}) {
    const auto outcome = pinion(wrong);
    CHECK(outcome.code == 2);
    CHECK(is_one_error_line(outcome.err));
  }
  for (const std::vector<std::string>& failing : {std::vector<std::string>{"drain", "chat/nobody"},
                                                  {"rebalance", "nobody"},
                                                  {"drain", "chat/chat-1", "--rate", "0"}}) {
    const auto outcome = pinion(failing);
    CHECK(outcome.code == 1);
    CHECK(is_one_error_line(outcome.err));
  }
}

TEST_CASE("rebalance tells for whom it waits, and is stopped") {
  ServerFixture fixture;
  fixture.control.waits_for = {"chat-2", "chat-3"};
  CHECK(run_pinion({"rebalance", "chat", "--admin", fixture.url()}).out ==
        "chat: 33 sessions to move, 10 a second; it waits for backends to ramp up or return: "
        "chat-2, chat-3\n");
  fixture.control.status_view.pools[0].rebalance = {.waits_for = {"chat-2"}};
  CHECK(run_pinion({"status", "--admin", fixture.url()})
            .out.find("\n  rebalance waits for backends to ramp up or return: chat-2\n") !=
        std::string::npos);
  const std::vector<std::string> stop = {"rebalance", "chat", "--stop", "--admin", fixture.url()};
  CHECK(run_pinion(stop).out ==
        "chat: stopped, 12 sessions were moved and 21 more would have been\n");
  const auto again = run_pinion(stop);
  CHECK(again.code == 0);
  CHECK(again.out == "chat: there is nothing to stop\n");
  CHECK(
      run_pinion({"rebalance", "chat", "--stop", "--rate", "5/s", "--admin", fixture.url()}).code ==
      2);
  CHECK(run_pinion({"rebalance", "nobody", "--stop", "--admin", fixture.url()}).code == 1);
}

TEST_CASE("status tells what is being moved") {
  ServerFixture fixture;
  fixture.control.status_view.backends[0].moving = {
      .why = "drain", .remaining = 80, .moved = 40, .per_second = 10};
  const auto outcome = run_pinion({"status", "--admin", fixture.url()});
  CHECK(outcome.out.find("\n    drain: 80 left, 40 moved, 10/s\n") != std::string::npos);
}

TEST_CASE("a reload that has left something out has failed, and shows what it has done") {
  ServerFixture fixture;
  fixture.control.reloaded.not_done = {"first", "second"};
  std::vector<std::string> reload = {"reload", "--admin", fixture.url()};
  const auto outcome = run_pinion(reload);
  CHECK(outcome.code == 1);
  CHECK(outcome.out == "a change\nneeds a restart: a key\n");
  CHECK(outcome.err == "pinion: first\npinion: second\n");
  reload.emplace_back("--json");
  const auto json = run_pinion(reload);
  CHECK(json.code == 1);
  CHECK(nlohmann::json::parse(json.out)["errors"].size() == 2);
}

TEST_CASE("reload") {
  ServerFixture fixture;
  const std::vector<std::string> reload = {"reload", "--admin", fixture.url()};
  CHECK(run_pinion(reload).out == "a change\nneeds a restart: a key\n");
  fixture.control.reloaded = {};
  CHECK(run_pinion(reload).out == "nothing has changed\n");
  fixture.control.reloaded.errors = {"first", "second"};
  const auto outcome = run_pinion(reload);
  CHECK(outcome.code == 1);
  CHECK(outcome.out.empty());
  CHECK(outcome.err == "pinion: first\npinion: second\n");
}

}  // namespace pinion::cli
