// Work sent to another thread's loop.
//
// Threads: post() from anywhere; the tasks run on the loop's thread, in the order of posting.
// Lifetime: the mailbox dies on its loop's thread, after everybody who posts. Tasks that were not
// run are dropped then.
// Invariants: uv_async_send may be coalesced, so a wake-up drains everything. There is no bound
// here:
//   whoever posts has one, by its connections, or waits for what it has posted.
#pragma once

#include <functional>
#include <mutex>
#include <vector>

#include "uv/handle.h"
#include "uv/loop.h"

namespace pinion::uv {

class Mailbox {
 public:
  using Task = std::move_only_function<void()>;

  explicit Mailbox(Loop& loop);
  void post(Task task);

 private:
  void drain() noexcept;

  HandlePtr<uv_async_t> handle_;
  std::mutex mutex_;
  std::vector<Task> tasks_;  // guarded by mutex_
};

}  // namespace pinion::uv
