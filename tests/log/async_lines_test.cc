#include "log/async_lines.h"

#include <doctest/doctest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <thread>

namespace pinion::log {
namespace {

// A folder of its own, which goes with it.
struct Folder {
  std::string path = std::filesystem::temp_directory_path() / "pinion-lines-XXXXXX";
  Folder() { REQUIRE(::mkdtemp(path.data()) != nullptr); }
  ~Folder() { std::filesystem::remove_all(path); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
};

// No file grows beyond that while it lives: a write that does not fit is cut, and the next one
// fails.
class SmallDisk {
 public:
  explicit SmallDisk(rlim_t bytes) : before_signal_(std::signal(SIGXFSZ, SIG_IGN)) {
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before_) == 0);
    const rlimit less{.rlim_cur = bytes, .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_FSIZE, &less) == 0);
  }
  ~SmallDisk() {
    (void)::setrlimit(RLIMIT_FSIZE, &before_);
    (void)std::signal(SIGXFSZ, before_signal_);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

 private:
  rlimit before_{};
  void (*before_signal_)(int);
};

bool eventually(auto condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition() && std::chrono::steady_clock::now() < deadline) std::this_thread::yield();
  return condition();
}

}  // namespace

TEST_CASE("what follows a line that a full disk has cut stands on a line of its own") {
  const Folder folder;
  const std::string path = folder.path + "/access.log";
  {
    auto lines = AsyncLines::to_file(path, 100);
    REQUIRE(lines);
    {
      const SmallDisk disk(100);
      lines->push(std::string(80, 'a'));
      CHECK(eventually([&] { return std::filesystem::file_size(path) == 81; }));
      lines->push(std::string(80, 'b'));
      CHECK(eventually([&] { return lines->failed() == 1; }));
      CHECK(std::filesystem::file_size(path) == 100);
    }
    lines->push("whole");
    lines->push("again");
  }
  std::ifstream in(path);
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  CHECK(text == std::string(80, 'a') + "\n" + std::string(19, 'b') + "\nwhole\nagain\n");
}

TEST_CASE("a FIFO that nobody reads is an error, not a reason to wait") {
  const Folder folder;
  const std::string path = folder.path + "/fifo";
  REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
  const auto lines = AsyncLines::to_file(path, 100);
  REQUIRE_FALSE(lines);
  CHECK(lines.error() == "cannot write " + path + ": nobody reads from that pipe");
  auto other = AsyncLines::to_file(folder.path + "/file", 100);
  REQUIRE(other);
  CHECK_FALSE(other->redirect(path));
  other->push("goes on");
  CHECK(eventually([&] { return std::filesystem::file_size(folder.path + "/file") == 8; }));
}

}  // namespace pinion::log
