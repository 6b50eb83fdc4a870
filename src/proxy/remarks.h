// What a worker tells the log of what it meets: warnings now and then, with how often they were
// held back and what to do about it, and for the debug log what becomes of sessions.
//
// Threads: the worker's.
// Lifetime: part of its worker.
#pragma once

#include <cstddef>
#include <string_view>

#include "base/ids.h"
#include "log/once_per.h"

namespace pinion::balance {
class Backend;
}

namespace pinion::proxy {

class Worker;

class Remarks {
 public:
  explicit Remarks(Worker& worker) noexcept;

  /// A client cannot be accepted. @param status of libuv @param turned_away it was closed at once
  void not_accepted(int status, bool turned_away);
  /// A client is closed because it does not read.
  void slow_consumer(PoolId pool, std::string_view sid, std::size_t waiting);
  /// Whoever reads slowest is closed, since more waits than may. @param waiting bytes, for that one
  void over_budget(std::size_t waiting);
  /// A request looks as if it were meant for what is not at `socketio_path`.
  void unpinned(PoolId pool, std::string_view path);
  /// Now and then: which backend got a new session, and how all of them stood.
  void placed(const balance::Backend& taken);
  /// A new session goes where its client has been. @param by "id" or "cookie"
  void led_home(const balance::Backend& home, std::string_view by);
  /// A handshake was answered, but its session cannot be pinned.
  void unlearnt(const balance::Backend& backend);
  /// @param what the code of an error in its head
  void bad_response(const balance::Backend& backend, std::string_view what);

 private:
  Worker& worker_;
  log::OncePer warnings_;
  log::OncePer placings_;
};

}  // namespace pinion::proxy
