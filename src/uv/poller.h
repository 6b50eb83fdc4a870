// The sockets of the data path, watched by an epoll of their own.
//
// Threads: the loop's.
// Lifetime: part of a Loop. What is watched is retired, not destroyed: it may be in the batch of
//   events that is being told, so it is freed after the turn.
// Invariants: a descriptor is made known to the kernel once and, in most cases, never changed: it
//   is edge-triggered, and who is told remembers what it has not used up. What has been retired is
//   told nothing more.
#pragma once

#include <sys/epoll.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/intrusive_list.h"

namespace pinion::uv {

/// Who is told of a descriptor.
class Watched : public ListHook<> {
 public:
  virtual ~Watched() = default;
  /// @param events EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLHUP, EPOLLERR: those that have come about
  virtual void on_ready(std::uint32_t events) noexcept = 0;
  /// The turn that Poller::again() has asked for.
  virtual void on_turn() noexcept {}
  /// Something has come about, of which on_ready() will tell later in this turn.
  [[nodiscard]] bool is_due() const noexcept { return due_; }

 private:
  friend class Poller;
  bool due_ = false;
};

class Poller {
 public:
  Poller();
  ~Poller();
  Poller(const Poller&) = delete;
  Poller& operator=(const Poller&) = delete;

  /// @returns 0, or a libuv error: the system has no room for it. It is to be retired in any case.
  int add(int descriptor, std::uint32_t events, Watched& watched) noexcept;
  /// For what add() has refused or remove() has taken out. @returns as add()
  int add_again(int descriptor, std::uint32_t events, Watched& watched) const noexcept;
  void change(int descriptor, std::uint32_t events, Watched& watched) const noexcept;
  /// For a descriptor of which there are duplicates: closing it does not take it out.
  void remove(int descriptor) const noexcept;
  /// The loop's own descriptor of libuv's, which is told to nobody: see wait().
  void add_foreign(int descriptor) const noexcept;

  /// Calls on_turn() once in the next turn, which does not wait then.
  void again(Watched& watched) noexcept;
  /// Takes what has been added and closed its descriptor; frees it after the turn.
  void retire(std::unique_ptr<Watched> watched) noexcept;
  [[nodiscard]] std::size_t watched() const noexcept { return watched_; }

  /// Waits for events, at most so long. @param timeout_ms -1: without end
  /// @returns whether the foreign descriptor is among what is ready
  bool wait(int timeout_ms) noexcept;
  /// wait() has found no more than it could take, and was not interrupted.
  [[nodiscard]] bool took_all() const noexcept { return took_all_; }
  /// What is ready by now has been told after so many more turns: the kernel tells it in the order
  /// in which it came about.
  [[nodiscard]] std::size_t turns_to_tell_all() const noexcept {
    return watched_ / kMostEvents + 1;
  }
  /// Tells what wait() has found, and those who asked for this turn.
  void dispatch() noexcept;
  /// Frees what was retired.
  void end_turn() noexcept { retired_.clear(); }

 private:
  static constexpr std::size_t kMostEvents = 256;

  int epoll_;
  int ready_ = 0;
  bool took_all_ = true;
  std::size_t watched_ = 0;
  std::vector<epoll_event> events_;  // those of this turn, the first ready_
  IntrusiveList<Watched> again_;
  std::vector<std::unique_ptr<Watched>> retired_;
};

}  // namespace pinion::uv
