#include "usage.h"

#include <filesystem>
#include <fstream>
#include <iterator>
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

Memory memory_of(const std::vector<int>& processes) {
  Memory sum;
  for (const int process : processes) {
    std::ifstream status{folder_of(process) / "status"};
    int found = 0;
    for (std::string word; status >> word;) {
      if (word != "VmRSS:" && word != "RssAnon:") continue;
      std::uint64_t kib = 0;
      status >> kib;
      (word == "VmRSS:" ? sum.resident : sum.anonymous) += kib * 1024;
      ++found;
    }
    if (found != 2) fail("load: no memory of process " + std::to_string(process));
  }
  return sum;
}

std::size_t descriptors_of(const std::vector<int>& processes) {
  std::ptrdiff_t sum = 0;
  for (const int process : processes) {
    std::error_code error;
    const std::filesystem::directory_iterator open{folder_of(process) / "fd", error};
    if (error) fail("load: descriptors of process " + std::to_string(process) + " cannot be seen");
    sum += std::distance(begin(open), end(open));
  }
  return static_cast<std::size_t>(sum);
}

}  // namespace pinion::bench
