#include "on_main.h"

#include <memory>
#include <utility>

#include "base/latch.h"

namespace pinion {
namespace {

constexpr Duration kPiece = std::chrono::milliseconds{50};

}  // namespace

OnMain::Outcome OnMain::do_now(std::function<void()> task) {
  // Shared with the task, since the main thread must find it although nobody waits any more.
  const auto done = std::make_shared<Latch>(1);
  mailbox_.post([task = std::move(task), done] {
    task();
    done->count_down();
  });
  // In pieces, since a main thread that has ended tells nobody.
  for (auto remaining = kPatience; remaining > Duration::zero() && !over_; remaining -= kPiece) {
    if (done->wait_for(kPiece)) return Outcome::done;
  }
  if (done->wait_for(Duration::zero())) return Outcome::done;
  return over_ ? Outcome::never : Outcome::under_way;
}

}  // namespace pinion
