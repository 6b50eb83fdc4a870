// The kept-alive connections of one worker to its backends, the last used first.
//
// Threads: the worker's.
// Lifetime: the worker's.
// Invariants: at most `keep_alive_connections` of the pool's config rest for each backend, none
//   longer than its `keep_alive`, which is under the backends' own idle time, so that a request
//   rarely meets a connection that is just being closed.
#pragma once

#include <memory>
#include <unordered_map>
#include <vector>

#include "proxy/upstream.h"

namespace pinion::proxy {

class UpstreamPool {
 public:
  explicit UpstreamPool(Worker& worker) noexcept : worker_(worker) {}

  /// A resting connection, already in use by `events`; null when there is none.
  std::unique_ptr<Upstream> take(balance::Backend& backend, UpstreamEvents& events) noexcept;
  /// Keeps a connection whose exchange is complete, or closes it when there are enough.
  void give_back(std::unique_ptr<Upstream> upstream);
  /// Closes a resting connection.
  void discard(Upstream& upstream) noexcept;
  void clear() noexcept;

 private:
  using Resting = std::vector<std::unique_ptr<Upstream>>;

  Worker& worker_;
  std::unordered_map<BackendId, Resting> resting_;
};

}  // namespace pinion::proxy
