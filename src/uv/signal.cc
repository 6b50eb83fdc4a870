#include "uv/signal.h"

#include <csignal>

#include "base/check.h"

namespace pinion::uv {

namespace {

void mask(int how, std::span<const int> numbers) noexcept {
  sigset_t set;
  sigemptyset(&set);
  for (const int number : numbers) sigaddset(&set, number);
  PINION_CHECK(pthread_sigmask(how, &set, nullptr) == 0, "signals can be held back");
}

}  // namespace

void hold_signals(std::span<const int> numbers) noexcept { mask(SIG_BLOCK, numbers); }
void release_signals(std::span<const int> numbers) noexcept { mask(SIG_UNBLOCK, numbers); }

Signal::Signal(Loop& loop, int number, Handler& handler) : handle_(new uv_signal_t) {
  PINION_CHECK(uv_signal_init(loop.raw(), handle_.get()) == 0, "a signal watcher can be made");
  handle_->data = &handler;
  const auto on_signal = [](uv_signal_t* signal, int which) {
    if (signal->data != nullptr) static_cast<Handler*>(signal->data)->on_signal(which);
  };
  PINION_CHECK(uv_signal_start(handle_.get(), on_signal, number) == 0, "a signal can be watched");
}

}  // namespace pinion::uv
