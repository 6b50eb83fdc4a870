// What a worker tells the log of what it meets: warnings now and then, with how often they were
// held back and what to do about it, and for the debug log what becomes of sessions.
//
// Threads: the worker's.
// Lifetime: part of its worker.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "log/once_per.h"
#include "metrics/worker_counters.h"

namespace pinion::balance {
class Backend;
struct BackendSet;
}  // namespace pinion::balance

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
  /// Now and then: which backend got a new session, and how those stood that it was chosen among,
  /// right after that.
  void placed(const balance::Backend& taken);
  /// Now and then: a new session was refused, and how the backends of its pool stood.
  void refused(PoolId pool, metrics::ShedReason reason);
  /// A new session goes where its client has been. @param by "id" or "cookie"
  void led_home(const balance::Backend& home, std::string_view by);
  /// A handshake was answered, but its session cannot be pinned.
  void unlearnt(const balance::Backend& backend);
  /// @param what the code of an error in its head
  void bad_response(const balance::Backend& backend, std::string_view what);

 private:
  [[nodiscard]] std::string explained(const balance::BackendSet& set,
                                      const balance::Backend* taken) const;

  Worker& worker_;
  log::OncePer warnings_;
  log::OncePer placings_;
};

}  // namespace pinion::proxy
