// A temporary file that a log writes to, read back as lines.
#pragma once

#include <stdlib.h>
#include <unistd.h>

#include <fstream>
#include <string>
#include <vector>

namespace pinion::log {

class Capture {
 public:
  Capture() : fd_(::mkstemp(path_.data())) {}
  ~Capture() {
    ::close(fd_);
    ::unlink(path_.c_str());
  }
  Capture(const Capture&) = delete;
  Capture& operator=(const Capture&) = delete;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::vector<std::string> lines() const { return lines_of(path_); }
  static std::vector<std::string> lines_of(const std::string& path) {
    std::vector<std::string> lines;
    std::ifstream in(path);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    return lines;
  }

 private:
  std::string path_ = "/tmp/pinion-log-XXXXXX";
  int fd_;
};

}  // namespace pinion::log
