// A file with a text of the test's own.
#pragma once

#include <doctest/doctest.h>

#include <cstdio>
#include <string>

namespace pinion::config::sample {

/// A file for one test, removed with it.
class TemporaryFile {
 public:
  explicit TemporaryFile(const std::string& text) {
    std::FILE* const made = std::tmpfile();
    REQUIRE(made != nullptr);
    file_ = made;
    CHECK(std::fwrite(text.data(), 1, text.size(), file_) == text.size());
    CHECK(std::fflush(file_) == 0);
    path_ = "/proc/self/fd/" + std::to_string(fileno(file_));
  }
  ~TemporaryFile() { CHECK(std::fclose(file_) == 0); }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::FILE* file_ = nullptr;
  std::string path_;
};

}  // namespace pinion::config::sample
