#include "uv/poller.h"

#include <unistd.h>
#include <uv.h>

#include <algorithm>
#include <cerrno>
#include <span>

#include "base/check.h"

namespace pinion::uv {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), events_(kMostEvents) {
  PINION_CHECK(epoll_ >= 0, "an epoll descriptor can be made");
}

Poller::~Poller() {
  end_turn();
  PINION_CHECK(watched_ == 0, "every socket was closed before its loop");
  ::close(epoll_);
}

int Poller::add(int descriptor, std::uint32_t events, Watched& watched) noexcept {
  ++watched_;
  return add_again(descriptor, events, watched);
}

int Poller::add_again(int descriptor, std::uint32_t events, Watched& watched) const noexcept {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  return ::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0
             ? 0
             : uv_translate_sys_error(errno);
}

void Poller::change(int descriptor, std::uint32_t events, Watched& watched) const noexcept {
  epoll_event event{.events = events, .data = {.ptr = &watched}};
  PINION_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_MOD, descriptor, &event) == 0,
               "a watched socket can be watched for more");
}

void Poller::remove(int descriptor) const noexcept {
  (void)::epoll_ctl(epoll_, EPOLL_CTL_DEL, descriptor, nullptr);
}

void Poller::add_foreign(int descriptor) const noexcept {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = nullptr}};
  PINION_CHECK(::epoll_ctl(epoll_, EPOLL_CTL_ADD, descriptor, &event) == 0,
               "the descriptor of a loop can be watched");
}

void Poller::again(Watched& watched) noexcept {
  if (!watched.is_linked()) again_.push_back(watched);
}

void Poller::retire(std::unique_ptr<Watched> watched) noexcept {
  watched->unlink();
  --watched_;
  retired_.push_back(std::move(watched));
}

bool Poller::wait(int timeout_ms) noexcept {
  if (!again_.empty()) timeout_ms = 0;
  const int found =
      ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), timeout_ms);
  // A signal that interrupts is libuv's, whose descriptor tells of it. A stop interrupts too, and
  // then nothing is known of what has come meanwhile.
  ready_ = std::max(0, found);
  took_all_ = found >= 0 && found < static_cast<int>(events_.size());
  for (int i = 0; i < ready_; ++i) {
    if (events_[static_cast<std::size_t>(i)].data.ptr == nullptr) return true;
  }
  return false;
}

void Poller::dispatch() noexcept {
  // Those that ask again meanwhile have their turn next time.
  IntrusiveList<Watched> now;
  now.splice_back(again_);
  const std::span batch = std::span(events_).first(static_cast<std::size_t>(ready_));
  // All of them first, for who is told may ask about another.
  for (const epoll_event& event : batch) {
    if (event.data.ptr != nullptr) static_cast<Watched*>(event.data.ptr)->due_ = true;
  }
  for (const epoll_event& event : batch) {
    if (event.data.ptr == nullptr) continue;
    auto& watched = *static_cast<Watched*>(event.data.ptr);
    watched.due_ = false;
    watched.on_ready(event.events);
  }
  ready_ = 0;
  while (Watched* const next = now.pop_front()) next->on_turn();
}

}  // namespace pinion::uv
