#include "on_main.h"

#include <condition_variable>
#include <memory>
#include <mutex>
#include <utility>

namespace pinion {
namespace {

constexpr Duration kPiece = std::chrono::milliseconds{50};

}  // namespace

bool OnMain::do_now(std::function<void()> task) {
  // Shared with the task, since the main thread must find it although nobody waits any more.
  struct Waiting {
    std::mutex mutex;
    std::condition_variable told;
    bool done = false;  // guarded by mutex
  };
  const auto waiting = std::make_shared<Waiting>();
  mailbox_.post([task = std::move(task), waiting] {
    task();
    const std::lock_guard lock(waiting->mutex);
    waiting->done = true;
    waiting->told.notify_one();
  });
  std::unique_lock lock(waiting->mutex);
  // In pieces, since a main thread that has ended tells nobody.
  for (auto left = kPatience; left > Duration::zero() && !over_; left -= kPiece) {
    if (waiting->told.wait_for(lock, kPiece, [&] { return waiting->done; })) return true;
  }
  return waiting->done;
}

}  // namespace pinion
