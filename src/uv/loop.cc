#include "uv/loop.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace pinion::uv {

Loop::Loop() : scratch_(std::make_unique_for_overwrite<std::array<char, kScratchBytes>>()) {
  PINION_CHECK(uv_loop_init(&loop_) == 0, "an event loop can be made");
  poller_.add_foreign(uv_backend_fd(&loop_));
}

Loop::~Loop() {
  uv_run(&loop_, UV_RUN_DEFAULT);
  PINION_CHECK(uv_loop_close(&loop_) == 0, "every handle was closed before its loop");
}

// How long nothing of libuv's is due. It is 0 also while libuv has something to tell the kernel.
int Loop::timeout() const noexcept {
  return uv_loop_alive(&loop_) != 0 ? uv_backend_timeout(&loop_) : -1;
}

void Loop::run_once(Wait wait) noexcept {
  int timeout_ms = wait == Wait::none || more_to_do_ || due_ ? 0 : timeout();
  if (timeout_ms > 0) {
    // The clock has stood still while the last turn ran.
    uv_update_time(&loop_);
    timeout_ms = timeout();
  }
  const bool foreign = poller_.wait(timeout_ms);
  uv_update_time(&loop_);
  began_ = now();
  ++turn_;
  poller_.dispatch();
  due_ = due_ || foreign || timeout() == 0;
  if (due_ && sockets_were_heard()) uv_run(&loop_, UV_RUN_NOWAIT);
  more_to_do_ = after_turn_ != nullptr && after_turn_->after_turn();
  poller_.end_turn();
}

// No time is up while what was waited for is there: after a stop, or a long turn, both have come.
bool Loop::sockets_were_heard() noexcept {
  const std::size_t most = std::min(kLongestHold, poller_.turns_to_tell_all());
  if (!poller_.took_all() && ++held_back_ <= most) return false;
  held_back_ = 0;
  due_ = false;
  return true;
}

void Loop::run() noexcept {
  while (!stopping_ && (uv_loop_alive(&loop_) != 0 || poller_.watched() > 0)) run_once();
  stopping_ = false;
}

TimePoint Loop::now() const noexcept {
  return TimePoint{std::chrono::milliseconds{uv_now(&loop_)}};
}

TimePoint Loop::precise_now() noexcept { return TimePoint{std::chrono::nanoseconds{uv_hrtime()}}; }

const char* describe(int status) noexcept {
  // uv_strerror() would leak its words for a code that libuv does not know.
  thread_local std::array<char, 64> words;
  return uv_strerror_r(status, words.data(), words.size());
}

}  // namespace pinion::uv
