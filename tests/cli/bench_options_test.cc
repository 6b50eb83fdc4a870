#include "cli/bench_options.h"

#include <doctest/doctest.h>

#include "run.h"

namespace pinion::cli {
namespace {

BenchOptions for_target(const std::string& target) {
  BenchOptions options;
  options.target = target;
  return options;
}

/// The error, or nothing where there is none.
std::string error_of(const BenchOptions& options) {
  const auto load = to_load(options);
  return load ? "" : load.error();
}

}  // namespace

TEST_CASE("a target is a URL of HTTP, with a port or without") {
  const auto load = to_load(for_target("http://127.0.0.1:8080"));
  REQUIRE(load);
  CHECK(load->host == "127.0.0.1");
  CHECK(load->port == 8080);
  CHECK(load->authority == "127.0.0.1:8080");
  CHECK(load->path == "/socket.io/");
  const auto named = to_load(for_target("HTTP://Chat.example/"));
  REQUIRE(named);
  CHECK(named->host == "chat.example");
  CHECK(named->port == 80);
  CHECK(named->authority == "Chat.example");
  const auto six = to_load(for_target("http://[::1]"));
  REQUIRE(six);
  CHECK(six->host == "::1");
  CHECK(six->port == 80);
  CHECK(to_load(for_target("http://[::1]:3000"))->port == 3000);
}

TEST_CASE("what is no such URL is said in words") {
  for (const char* target : {"", "http://", "127.0.0.1:80", "ftp://a", "http://a:0", "http://a:b",
                             "http://a b", "http://a/path", "http://unix:/x", "http://a:99999"}) {
    CAPTURE(target);
    CHECK(error_of(for_target(target)).find("it reads http://HOST[:PORT]") != std::string::npos);
  }
  CHECK(error_of(for_target("https://a")).find("TLS") != std::string::npos);
}

TEST_CASE("what is sent by default, and what the options make of it") {
  BenchOptions options = for_target("http://a");
  const auto plain = to_load(options);
  REQUIRE(plain);
  CHECK(plain->message == R"(["message","{pad}"])");
  CHECK(plain->pad == 32);
  CHECK(plain->auth.empty());
  CHECK(plain->transport == loadgen::Transport::websocket);
  options.event = "say \"it\"";
  options.args = R"([1, {"a": "{n}"}])";
  options.auth = R"({"sessionId": "{id}"})";
  options.size = "100";
  options.transport = "upgrade";
  options.path = "/ws/socket.io";
  options.headers = {"X-A: 1", "X-B:two words "};
  options.duration = "2m";
  const auto load = to_load(options);
  REQUIRE(load);
  CHECK(load->message == R"(["say \"it\"",1,{"a":"{n}"}])");
  CHECK(load->auth == R"({"sessionId":"{id}"})");
  CHECK(load->pad == 100);
  CHECK(load->transport == loadgen::Transport::upgrade);
  CHECK(load->path == "/ws/socket.io/");
  CHECK(load->headers ==
        std::vector<std::pair<std::string, std::string>>{{"X-A", "1"}, {"X-B", "two words"}});
  CHECK(load->duration == std::chrono::minutes{2});
  options.args = "{\"only\":1}";
  options.size = "2KiB";
  CHECK(to_load(options)->message == R"(["say \"it\"",{"only":1}])");
  CHECK(to_load(options)->pad == 2048);
}

TEST_CASE("another seed each time, unless one is given") {
  BenchOptions options = for_target("http://a");
  CHECK(to_load(options)->seed != to_load(options)->seed);
  options.seed = 7;
  CHECK(to_load(options)->seed == 7);
}

TEST_CASE("each mistake is named by its option") {
  const auto mistake = [](auto change) {
    BenchOptions options = for_target("http://a");
    change(options);
    return error_of(options);
  };
  CHECK(mistake([](auto& o) { o.path = "socket.io"; }).starts_with("--path "));
  CHECK(mistake([](auto& o) { o.path = "/a?b"; }).starts_with("--path "));
  CHECK(mistake([](auto& o) { o.nsp = "admin"; }).starts_with("--namespace "));
  CHECK(mistake([](auto& o) { o.auth = "[]"; }).starts_with("--auth "));
  CHECK(mistake([](auto& o) { o.auth = "{"; }).starts_with("--auth "));
  CHECK(mistake([](auto& o) { o.args = "{"; }).starts_with("--args "));
  CHECK(mistake([](auto& o) { o.duration = "30"; }).starts_with("--duration "));
  CHECK(mistake([](auto& o) { o.grace = "soon"; }).starts_with("--grace "));
  CHECK(mistake([](auto& o) { o.size = "big"; }).starts_with("--size "));
  CHECK(mistake([](auto& o) { o.size = "17MiB"; }).starts_with("--size "));
  CHECK(mistake([](auto& o) { o.headers = {"no colon"}; }).starts_with("--header "));
  CHECK(mistake([](auto& o) { o.headers = {"a b: c"}; }).starts_with("--header "));
  CHECK(mistake([](auto& o) { o.headers = {"a: b\r\nc: d"}; }).starts_with("--header "));
}

TEST_CASE("wrong usage is one line and exit code 2") {
  const std::vector<std::vector<std::string>> wrong = {
      {"bench"},
      {"bench", "--target"},
      {"bench", "--target", "a.example"},
      {"bench", "--target", "http://a", "--sessions", "0"},
      {"bench", "--target", "http://a", "--rate", "-1"},
      {"bench", "--target", "http://a", "--transport", "carrier-pigeon"},
      {"bench", "--target", "http://a", "--header", "no colon"},
      {"bench", "--target", "http://a", "extra"},
  };
  for (const auto& arguments : wrong) {
    const Outcome outcome = run_pinion(arguments);
    CHECK(outcome.code == kUsage);
    CHECK(outcome.out.empty());
    CHECK(is_one_error_line(outcome.err));
  }
}

TEST_CASE("the help shows an example, which is right usage") {
  const Outcome help = run_pinion({"bench", "--help"});
  CHECK(help.code == 0);
  CHECK(help.out.find("pinion bench --target http://127.0.0.1:8080 --path") != std::string::npos);
}

TEST_CASE("nobody at the target is exit code 3") {
  // Nobody listens on the port of TCP's multiplexer.
  const Outcome outcome = run_pinion({"bench", "--target", "http://127.0.0.1:1"});
  CHECK(outcome.code == kNoAnswer);
  CHECK(outcome.out.empty());
  CHECK(is_one_error_line(outcome.err));
  CHECK(outcome.err.find("no answer from http://127.0.0.1:1: connection refused") !=
        std::string::npos);
}

}  // namespace pinion::cli
