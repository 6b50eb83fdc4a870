// A process that has few descriptors left or none, for as long as this lives.
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

inline int any_descriptor() { return ::open("/dev/null", O_RDONLY | O_CLOEXEC); }

/// None at or above a number: what has one keeps it.
class FewDescriptors {
 public:
  explicit FewDescriptors(int limit) {
    REQUIRE(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit few{.rlim_cur = static_cast<rlim_t>(limit), .rlim_max = before_.rlim_max};
    REQUIRE(::setrlimit(RLIMIT_NOFILE, &few) == 0);
  }
  ~FewDescriptors() { (void)::setrlimit(RLIMIT_NOFILE, &before_); }
  FewDescriptors(const FewDescriptors&) = delete;
  FewDescriptors& operator=(const FewDescriptors&) = delete;

 private:
  rlimit before_{};
};

/// All are in use, until some are given back or closed.
class NoDescriptors {
 public:
  static constexpr int kFilled = 8;

  NoDescriptors() : few_(OwnedFd(any_descriptor()).get() + kFilled) {
    for (int fd = any_descriptor(); fd >= 0; fd = any_descriptor()) filled_.emplace_back(fd);
  }

  /// @param count at most kFilled
  void give_back(std::size_t count) {
    REQUIRE(filled_.size() >= count);
    filled_.resize(filled_.size() - count);
  }

 private:
  FewDescriptors few_;
  std::vector<OwnedFd> filled_;
};

}  // namespace pinion::uv::test
