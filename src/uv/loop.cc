#include "uv/loop.h"

#include "base/check.h"

namespace pinion::uv {

Loop::Loop() : scratch_(std::make_unique_for_overwrite<std::array<char, kScratchBytes>>()) {
  PINION_CHECK(uv_loop_init(&loop_) == 0, "an event loop can be made");
  loop_.data = this;
  uv_check_init(&loop_, &check_);
  check_.data = this;
  uv_check_start(&check_, [](uv_check_t* check) {
    auto& self = *static_cast<Loop*>(check->data);
    ++self.turn_;
    if (self.after_turn_ != nullptr) self.after_turn_->after_turn();
  });
  uv_unref(reinterpret_cast<uv_handle_t*>(&check_));
}

Loop::~Loop() {
  uv_close(reinterpret_cast<uv_handle_t*>(&check_), nullptr);
  uv_run(&loop_, UV_RUN_DEFAULT);
  PINION_CHECK(uv_loop_close(&loop_) == 0, "every handle was closed before its loop");
}

void Loop::run() noexcept { uv_run(&loop_, UV_RUN_DEFAULT); }

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
