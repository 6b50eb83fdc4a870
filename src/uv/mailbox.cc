#include "uv/mailbox.h"

#include <utility>

#include "base/check.h"

namespace pinion::uv {

Mailbox::Mailbox(Loop& loop) : handle_(new uv_async_t) {
  const auto on_wake = [](uv_async_t* async) {
    if (async->data != nullptr) static_cast<Mailbox*>(async->data)->drain();
  };
  PINION_CHECK(uv_async_init(loop.raw(), handle_.get(), on_wake) == 0, "a mailbox can be made");
  handle_->data = this;
}

void Mailbox::post(Task task) {
  const std::lock_guard lock(mutex_);
  tasks_.push_back(std::move(task));
  uv_async_send(handle_.get());
}

void Mailbox::drain() noexcept {
  std::vector<Task> tasks;
  {
    const std::lock_guard lock(mutex_);
    tasks.swap(tasks_);
  }
  for (Task& task : tasks) task();
}

}  // namespace pinion::uv
