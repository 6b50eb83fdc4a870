#include "cli/check.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "cli/config_command.h"
#include "config/man_page.h"
#include "config/preset_text.h"
#include "config/reference.h"

namespace pinion::cli {
namespace {

struct Checked {
  int code;
  std::string file, out, err;
};

/// Runs `pinion check` on a file with this text.
Checked check_text(const std::string& text) {
  std::string directory = (std::filesystem::temp_directory_path() / "pinion-check-XXXXXX").string();
  REQUIRE(mkdtemp(directory.data()) != nullptr);
  const std::string file = directory + "/pinion.toml";
  std::ofstream(file) << text;
  std::ostringstream out;
  std::ostringstream err;
  const int code = run_check(file, out, err);
  std::filesystem::remove_all(directory);
  return {code, file, out.str(), err.str()};
}

}  // namespace

TEST_CASE("check says ok and shows what is in force") {
  const auto done = check_text(config::reference_config());
  CHECK(done.code == 0);
  CHECK(done.err.empty());
  CHECK(done.out.starts_with(done.file + ": ok\n\n[proxy]\n  listen "));
  CHECK(done.out.find("\n[[route]]\n") != std::string::npos);
}

TEST_CASE("check puts every error in a line of its own, and nothing on stdout") {
  const auto done = check_text("[proxy]\nworkers = -1\nx = 1\n");
  CHECK(done.code == 1);
  CHECK(done.out.empty());
  std::istringstream lines(done.err);
  int count = 0;
  for (std::string line; std::getline(lines, line); ++count) {
    CAPTURE(line);
    CHECK(line.starts_with(done.file + ":"));
    CHECK(line.find(": error: ") != std::string::npos);
  }
  // Two values in [proxy]; what is missing, a pool and a route.
  CHECK(count == 4);
}

TEST_CASE("a file that is not there is one clear line") {
  std::ostringstream out;
  std::ostringstream err;
  CHECK(run_check("/nonexistent.toml", out, err) == 1);
  CHECK(err.str().starts_with("/nonexistent.toml: error: cannot be read: No such file"));
  CHECK(err.str().find("; -c FILE names another one") != std::string::npos);
}

TEST_CASE("config prints the reference, or the man page's source") {
  std::ostringstream reference;
  CHECK(run_config({}, reference) == 0);
  CHECK(reference.str() == config::reference_config());
  std::ostringstream page;
  CHECK(run_config({.man = true, .preset = ""}, page) == 0);
  CHECK(page.str() == config::man_page());
  std::ostringstream broken;
  broken.setstate(std::ios::badbit);
  CHECK(run_config({}, broken) == 1);
}

TEST_CASE("config prints what a preset sets, which check takes in its place") {
  std::ostringstream preset;
  CHECK(run_config({.man = false, .preset = "chainlit"}, preset) == 0);
  CHECK(preset.str() == config::preset_config(config::Preset::chainlit));
  const auto done = check_text("[[pool]]\nname = \"chat\"\n" + preset.str() +
                               "backends = [\"127.0.0.1:8001\"]\n[[route]]\npool = \"chat\"\n");
  CHECK(done.code == 0);
  CHECK(done.out.find("cookie:X-Chainlit-Session-id\n") != std::string::npos);
}

}  // namespace pinion::cli
