#include "usage.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "socket.h"

namespace pinion::bench {
namespace {

std::filesystem::path folder_of(int process) {
  return std::filesystem::path{"/proc"} / std::to_string(process);
}

}  // namespace

std::uint64_t cpu_ns(const std::vector<int>& processes) {
  std::uint64_t sum = 0;
  for (const int process : processes) {
    std::error_code error;
    for (const auto& task :
         std::filesystem::directory_iterator{folder_of(process) / "task", error}) {
      std::uint64_t spent = 0;
      std::ifstream{task.path() / "schedstat"} >> spent;
      sum += spent;
    }
    if (error) fail("load: process " + std::to_string(process) + " is gone");
  }
  return sum;
}

std::uint64_t anonymous_bytes(const std::vector<int>& processes) {
  std::uint64_t sum = 0;
  for (const int process : processes) {
    std::ifstream status{folder_of(process) / "status"};
    std::string word;
    while (status >> word && word != "RssAnon:") {
    }
    std::uint64_t kib = 0;
    if (!(status >> kib)) fail("load: no RssAnon of process " + std::to_string(process));
    sum += kib * 1024;
  }
  return sum;
}

}  // namespace pinion::bench
