// Host names to addresses without blocking the loop.
//
// Threads: the loop's. getaddrinfo(3) cannot be interrupted, so each call has a thread of its own
//   that nobody waits for: one that hangs holds up neither the loop nor the end of the process.
//   (libuv's pool would be joined at exit.)
// Lifetime: answers that come after the Resolver has died are dropped.
// Invariants: at most kAtOnce calls are under way; the others wait in the order of asking.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/socket_address.h"
#include "uv/loop.h"
#include "uv/mailbox.h"

namespace pinion::uv {

class Resolver {
 public:
  static constexpr std::size_t kAtOnce = 8;

  /// Addresses without repetition; empty with an error in words when there are none.
  using Answer = std::function<void(std::vector<SocketAddress> addresses, const char* error)>;

  /// What is known of a name: addresses without repetition, or the error in words.
  struct Found {
    std::vector<SocketAddress> addresses;
    const char* error = nullptr;
  };
  /// Called on any thread, also after the Resolver has died.
  using LookUp = std::function<Found(const std::string& host, std::uint16_t port)>;

  static Found ask_system(const std::string& host, std::uint16_t port);

  explicit Resolver(Loop& loop, LookUp look_up = ask_system);
  ~Resolver();
  Resolver(const Resolver&) = delete;
  Resolver& operator=(const Resolver&) = delete;

  /// The answer comes by the loop, never from inside of this.
  void resolve(std::string host, std::uint16_t port, Answer answer);

 private:
  struct Question {
    std::string host;
    std::uint16_t port = 0;
    Answer answer;
  };
  class Desk;

  void ask(const Question& question);
  void answered(const Question& question, std::vector<SocketAddress> addresses, const char* error);

  LookUp look_up_;
  std::unique_ptr<Mailbox> mailbox_;
  std::uint64_t number_;  // by which threads find the mailbox, as long as it is there
  std::deque<Question> waiting_;
  std::size_t under_way_ = 0;
};

}  // namespace pinion::uv
