#include "log/async_lines.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

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

// A pipe that somebody has open, and does not read.
struct StoppedReader {
  const Folder folder;
  const std::string path = folder.path + "/fifo";
  int reads = -1;
  StoppedReader() {
    REQUIRE(::mkfifo(path.c_str(), 0600) == 0);
    reads = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
    REQUIRE(reads >= 0);
    REQUIRE(::fcntl(reads, F_SETPIPE_SZ, 4096) >= 4096);
  }
  ~StoppedReader() { ::close(reads); }
  StoppedReader(const StoppedReader&) = delete;
  StoppedReader& operator=(const StoppedReader&) = delete;

  [[nodiscard]] std::string take() const {
    std::string text(std::size_t{64} * 1024, '\0');
    const ssize_t count = ::read(reads, text.data(), text.size());
    text.resize(count > 0 ? static_cast<std::size_t>(count) : 0);
    return text;
  }
  [[nodiscard]] bool is_full() const {
    int held = 0;
    return ::ioctl(reads, FIONREAD, &held) == 0 && held == 4096;
  }
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

TEST_CASE("a reader that has stopped does not hold up the end") {
  const StoppedReader reader;
  for (const int blocking : {O_NONBLOCK, 0}) {
    const int fd = ::open(reader.path.c_str(), O_WRONLY | O_CLOEXEC | blocking);
    REQUIRE(fd >= 0);
    const auto start = std::chrono::steady_clock::now();
    {
      AsyncLines lines(fd, 100);
      for (int line = 0; line < 20; ++line) lines.push(std::string(4999, 'a'));
      CHECK(eventually([&] { return reader.is_full(); }));
    }
    CHECK(std::chrono::steady_clock::now() - start < std::chrono::seconds(9));
    ::close(fd);
    CHECK(reader.take() == std::string(4096, 'a'));
  }
}

TEST_CASE("one that reads in the end misses nothing") {
  const StoppedReader reader;
  std::string text;
  {
    auto lines = AsyncLines::to_file(reader.path, 100);
    REQUIRE(lines);
    for (int line = 0; line < 50; ++line) lines->push(std::string(4999, 'a'));
    CHECK(eventually([&] { return (text += reader.take()).size() == 250'000; }));
    CHECK(lines->failed() == 0);
  }
}

TEST_CASE("lines that wait for a reader who has stopped go to the file that replaces the pipe") {
  const StoppedReader reader;
  const std::string path = reader.folder.path + "/file";
  auto lines = AsyncLines::to_file(reader.path, 100);
  REQUIRE(lines);
  for (int line = 0; line < 50; ++line) lines->push(std::string(4999, 'a'));
  REQUIRE(eventually([&] { return reader.is_full(); }));
  REQUIRE(lines->redirect(path));
  lines->push("goes on");
  const auto written = [&] {
    std::ifstream in(path);
    return std::string{std::istreambuf_iterator<char>(in), {}};
  };
  CHECK(eventually([&] { return written().ends_with("\ngoes on\n"); }));
  CHECK(written().size() > 200'000);
}

}  // namespace pinion::log
