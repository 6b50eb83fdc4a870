#include "uv/poll_fd.h"

#include "base/check.h"

namespace pinion::uv {

PollFd::PollFd(Loop& loop, OwnedFd fd, Handler& handler)
    : fd_(std::move(fd)), handle_(new uv_poll_t) {
  PINION_CHECK(uv_poll_init(loop.raw(), handle_.get(), fd_.get()) == 0,
               "a descriptor that is open can be watched");
  handle_->data = &handler;
}

void PollFd::watch(int events) noexcept {
  if (events == 0) {
    uv_poll_stop(handle_.get());
    return;
  }
  uv_poll_start(handle_.get(), events, [](uv_poll_t* poll, int status, int ready) {
    if (poll->data == nullptr) return;
    static_cast<Handler*>(poll->data)->on_ready(status == 0 ? ready : UV_READABLE);
  });
}

}  // namespace pinion::uv
