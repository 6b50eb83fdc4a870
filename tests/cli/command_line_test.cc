#include "cli/command_line.h"

#include <doctest/doctest.h>
#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "run.h"

namespace pinion::cli {

TEST_CASE("a sid that begins with a dash is not taken for an option") {
  for (const std::vector<std::string>& arguments :
       {std::vector<std::string>{"sessions", "-Zc9oHh4", "--admin", "http://127.0.0.1:1"},
        {"sessions", "--admin", "http://127.0.0.1:1", "-Zc9oHh4"},
        {"sessions", "--admin", "http://127.0.0.1:1", "--", "--c9oHh4"}}) {
    const Outcome outcome = run_pinion(arguments);
    CHECK(outcome.code == 3);  // it went as far as asking
    CHECK(outcome.err.find("no answer") != std::string::npos);
  }
}

TEST_CASE("version and help") {
  const auto version = run_pinion({"--version"});
  CHECK(version.code == 0);
  CHECK(version.out == "pinion " PINION_VERSION "\n");
  const auto help = run_pinion({"--help"});
  CHECK(help.code == 0);
  for (const auto* command : {"run", "check", "config", "status", "sessions", "bench"}) {
    CHECK(help.out.find(command) != std::string::npos);
    const auto one = run_pinion({command, "--help"});
    CHECK(one.code == 0);
    CHECK(one.out.find("pinion") != std::string::npos);
    CHECK(one.err.empty());
  }
  CHECK(run_pinion({"status", "--help"}).out.find("http://127.0.0.1:9180") != std::string::npos);
}

TEST_CASE("run gets its config, and its exit code is the program's") {
  CHECK(run_pinion({"run"}).code == 40);
  CHECK(run_pinion({"run", "-c", "x.toml"}).code == 41);
  CHECK(run_pinion({"run", "--config", "x.toml"}).code == 41);
}

TEST_CASE("wrong usage is exit code 2 and one line") {
  const std::vector<std::vector<std::string>> wrong = {
      {"stop", "chat/chat-1"},
      {"top"},
      {"RUN"},
      {"--nonsense"},
      {"status", "extra"},
      {"status", "--limit", "5"},
      {"status", "--admin"},
      {"status", "--admin", "ftp://x"},
      {"status", "--admin", "127.0.0.1"},
      {"sessions", "a", "b"},
      {"sessions", "--sort", "name"},
      {"sessions", "--limit", "0"},
      {"sessions", "--limit", "1001"},
      {"sessions", "--limit", "x"},
      {"run", "-c"},
      {"check", "status"},
      {"config", "--preset"},
      {"config", "--preset", "none"},
      {"config", "--preset", "chainlit", "--man"},
      {""},
  };
  for (const auto& arguments : wrong) {
    CAPTURE(arguments.front());
    const auto outcome = run_pinion(arguments);
    CHECK(outcome.code == 2);
    CHECK(outcome.out.empty());
    CHECK(is_one_error_line(outcome.err));
  }
  CHECK(run_pinion({"stop"}).err ==
        "pinion: there is no command stop; commands are run, check, config, status, sessions, "
        "drain, undrain, rebalance, reload, bench (pinion --help)\n");
  CHECK(run_pinion({"check", "x.toml"}).err.ends_with("x.toml (pinion check --help)\n"));
  CHECK(run_pinion({"--nonsense"}).err.ends_with(" (pinion --help)\n"));
}

TEST_CASE("no command at all shows the help, as wrong usage") {
  const auto outcome = run_pinion({});
  CHECK(outcome.code == 2);
  CHECK(outcome.out.empty());
  CHECK(outcome.err.find("sessions") != std::string::npos);
}

TEST_CASE("config prints what a preset sets") {
  const auto preset = run_pinion({"config", "--preset", "chainlit"});
  CHECK(preset.code == 0);
  CHECK(preset.err.empty());
  CHECK(preset.out.find("\nsocketio_path = \"/ws/socket.io/\"\n") != std::string::npos);
  CHECK(run_pinion({"config", "--preset", "chainlite"}).err.find("chainlit}") != std::string::npos);
}

TEST_CASE("config prints a file that check accepts, and check tells a bad one") {
  const auto reference = run_pinion({"config"});
  CHECK(reference.code == 0);
  CHECK(reference.out.find("[proxy]") != std::string::npos);
  std::string path = "/tmp/pinion-cli-XXXXXX";
  ::close(::mkstemp(path.data()));
  std::ofstream(path) << "[[pool]]\nname = \"chat\"\nbackends = [\"127.0.0.1:3001\"]\n"
                         "[[route]]\npool = \"chat\"\n";
  const auto good = run_pinion({"check", "-c", path});
  CHECK(good.code == 0);
  CHECK(good.out.starts_with(path + ": ok\n"));
  std::ofstream(path) << "[proxi]\n";
  const auto bad = run_pinion({"check", "-c", path});
  CHECK(bad.code == 1);
  CHECK(bad.err.starts_with(path + ":1:"));
  ::unlink(path.c_str());
  CHECK(run_pinion({"check", "-c", path}).code == 1);
}

}  // namespace pinion::cli
