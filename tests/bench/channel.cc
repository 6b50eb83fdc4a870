#include "channel.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "segments.h"

namespace pinion::bench {

Poller::Poller() : epoll_(::epoll_create1(EPOLL_CLOEXEC)) {
  if (!epoll_) fail("epoll_create1");
}

void Poller::add(int descriptor, void* who, std::uint32_t events) noexcept {
  epoll_event event{.events = events, .data = {.ptr = who}};
  if (::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_ADD, descriptor, &event) != 0) fail("epoll_ctl");
}

void Poller::change(int descriptor, void* who, std::uint32_t events) noexcept {
  epoll_event event{.events = events, .data = {.ptr = who}};
  if (::epoll_ctl(epoll_.descriptor(), EPOLL_CTL_MOD, descriptor, &event) != 0) fail("epoll_ctl");
}

std::span<const epoll_event> Poller::wait(Clock::duration limit) noexcept {
  const auto ns = std::max<std::int64_t>(0, std::chrono::nanoseconds{limit}.count());
  constexpr std::int64_t kSecond = 1'000'000'000;
  const timespec timeout{.tv_sec = ns / kSecond, .tv_nsec = ns % kSecond};
  return wait_for(&timeout);
}

std::span<const epoll_event> Poller::wait() noexcept { return wait_for(nullptr); }

std::span<const epoll_event> Poller::wait_for(const timespec* limit) noexcept {
  const int count = ::epoll_pwait2(epoll_.descriptor(), ready_.data(),
                                   static_cast<int>(ready_.size()), limit, nullptr);
  if (count < 0 && errno != EINTR) fail("epoll_pwait2");
  return std::span{ready_}.first(static_cast<std::size_t>(std::max(count, 0)));
}

Channel::Channel(Poller& poller, Socket socket, void* who)
    : poller_(&poller), who_(who), socket_(std::move(socket)), watched_(EPOLLIN) {
  poller.add(socket_.descriptor(), who, watched_);
}

void Channel::close() noexcept {
  socket_.close();
  waiting_.clear();
  sent_ = 0;
}

Channel::Read Channel::read(std::span<char> room) noexcept {
  const ssize_t count = ::recv(socket_.descriptor(), room.data(), room.size(), 0);
  if (count > 0) return {Got::kBytes, {room.data(), static_cast<std::size_t>(count)}};
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return {Got::kNothing, {}};
  return {Got::kEnd, {}};
}

std::size_t Channel::write_some(std::string_view bytes) noexcept {
  const ssize_t count = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
  return count > 0 ? static_cast<std::size_t>(count) : 0;
}

bool Channel::write(std::string_view bytes) {
  if (!waiting()) {
    const ssize_t count = ::send(socket_.descriptor(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    // A socket that is still connecting takes its bytes later, like a full one.
    if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
    bytes.remove_prefix(static_cast<std::size_t>(std::max<ssize_t>(count, 0)));
    if (bytes.empty()) return true;
  }
  waiting_.append(bytes);
  update();
  return true;
}

bool Channel::flush() {
  if (!waiting()) return true;
  const auto rest = std::string_view{waiting_}.substr(sent_);
  const ssize_t count = ::send(socket_.descriptor(), rest.data(), rest.size(), MSG_NOSIGNAL);
  if (count < 0 && errno != EAGAIN && errno != EINTR) return false;
  sent_ += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
  if (!waiting()) {
    waiting_.clear();
    sent_ = 0;
    update();
  }
  return true;
}

std::uint64_t Channel::segments() const { return data_segments_of(socket_.descriptor()); }

void Channel::pause_reading(bool pause) noexcept {
  paused_ = pause;
  update();
}

void Channel::watch_writing(bool watch) noexcept {
  want_write_ = watch;
  update();
}

void Channel::update() noexcept {
  const std::uint32_t wanted =
      (paused_ ? 0U : EPOLLIN) | (waiting() || want_write_ ? EPOLLOUT : 0U);
  if (wanted == watched_ || !socket_) return;
  watched_ = wanted;
  poller_->change(socket_.descriptor(), who_, wanted);
}

}  // namespace pinion::bench
