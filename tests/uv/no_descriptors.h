// A process that has used up its descriptors, for as long as this lives.
//
// Threads: one, and no other that opens anything.
#pragma once

#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/resource.h>

#include <cstddef>
#include <vector>

#include "uv/listen_socket.h"

namespace pinion::uv::test {

class NoDescriptors {
 public:
  static constexpr int kFilled = 8;

  NoDescriptors() {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const int next = OwnedFd(open_one()).get();
    const rlimit none{.rlim_cur = static_cast<rlim_t>(next + kFilled),
                      .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &none) == 0);
    fill();
  }
  ~NoDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;

  /// Takes what has become free meanwhile.
  void fill() {
    for (int fd = open_one(); fd >= 0; fd = open_one()) filled_.emplace_back(fd);
  }
  /// @param count at most kFilled
  void give_back(std::size_t count) {
    REQUIRE(filled_.size() >= count);
    filled_.resize(filled_.size() - count);
  }

 private:
  static int open_one() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

  rlimit before_{};
  std::vector<OwnedFd> filled_;
};

}  // namespace pinion::uv::test
