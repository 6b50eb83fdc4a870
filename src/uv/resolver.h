// Host names to addresses without blocking the loop (getaddrinfo on libuv's thread pool).
//
// Threads: the loop's.
// Lifetime: answers that come after the Resolver has died are dropped.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/socket_address.h"
#include "uv/loop.h"

namespace pinion::uv {

class Resolver {
 public:
  /// Addresses without repetition; empty with an error in words when there are none.
  using Answer = std::function<void(std::vector<SocketAddress> addresses, const char* error)>;

  explicit Resolver(Loop& loop);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  void resolve(const std::string& host, std::uint16_t port, Answer answer);

 private:
  struct Request;
  static void on_answer(uv_getaddrinfo_t* raw, int status, addrinfo* found);

  Loop& loop_;
  std::shared_ptr<const bool> alive_;  // requests watch it, so that late answers are dropped
};

}  // namespace pinion::uv
