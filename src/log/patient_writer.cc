#include "log/patient_writer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdint>
#include <cstring>

namespace pinion::log {
namespace {

constexpr std::chrono::milliseconds kLastWords{500};
constexpr int kForEver = -1;

bool may_wait(int fd) noexcept {
  const int flags = ::fcntl(fd, F_GETFL);
  return flags >= 0 && (flags & O_NONBLOCK) == 0;
}

}  // namespace

PatientWriter::PatientWriter(int fd) noexcept
    : fd_(fd), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  look();
}

std::size_t PatientWriter::write(std::string_view lines) noexcept {
  std::string_view rest = lines;
  while (!rest.empty() && wait_for_room()) {
    const std::size_t size = at_once(rest);
    const ssize_t count = kind_ == Kind::socket
                              ? ::send(fd_, rest.data(), size, MSG_DONTWAIT | MSG_NOSIGNAL)
                              : ::write(descriptor(), rest.data(), size);
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  return lines.size() - rest.size();
}

void PatientWriter::hurry() noexcept {
  hurried_.store(true);
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

void PatientWriter::look_again() noexcept {
  replaced_.store(true);
  const std::uint64_t one = 1;
  (void)!::write(wake_.get(), &one, sizeof one);
}

// The flags of a descriptor are shared with everybody who has it from the same parent, such as a
// shell, so it is not made non-blocking itself.
void PatientWriter::look() noexcept {
  own_ = OwnedFd{};
  struct stat status{};
  const mode_t mode = ::fstat(fd_, &status) == 0 ? status.st_mode : S_IFREG;
  kind_ = S_ISREG(mode) ? Kind::file : S_ISSOCK(mode) ? Kind::socket : Kind::stream;
  if (kind_ != Kind::stream || !may_wait(fd_)) return;
  std::array<char, 32> path{"/proc/self/fd/"};
  std::to_chars(path.data() + std::strlen(path.data()), path.data() + path.size() - 1, fd_);
  own_ = OwnedFd(::open(path.data(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
}

/// As many whole lines as a pipe takes as one (pipe(7)); a longer one is torn as it comes.
std::size_t PatientWriter::at_once(std::string_view lines) const noexcept {
  if (kind_ == Kind::file || lines.size() <= PIPE_BUF) return lines.size();
  const std::size_t last = lines.rfind('\n', PIPE_BUF - 1);
  if (last != std::string_view::npos) return last + 1;
  // Room for less than it asks for could have a write wait that may.
  const std::size_t end = std::min(lines.find('\n'), lines.size() - 1) + 1;
  return may_wait(descriptor()) ? std::min<std::size_t>(end, PIPE_BUF) : end;
}

/// False when the time is over.
bool PatientWriter::wait_for_room() noexcept {
  for (;;) {
    if (replaced_.exchange(false)) look();
    // A file, or a closed descriptor, is always ready; write() says what is wrong with it.
    std::array<pollfd, 2> ready{{{descriptor(), POLLOUT, 0}, {wake_.get(), POLLIN, 0}}};
    const int count = ::poll(ready.data(), ready.size(), patience());
    if (count < 0 && errno != EINTR) return true;
    if (count == 0) return false;
    if (count > 0 && ready[0].revents != 0) return true;
    std::uint64_t wakes = 0;
    if (count > 0) (void)!::read(wake_.get(), &wakes, sizeof wakes);
  }
}

/// In milliseconds, as poll() wants it.
int PatientWriter::patience() noexcept {
  if (!hurried_.load()) return kForEver;
  const auto now = std::chrono::steady_clock::now();
  if (give_up_at_ == decltype(give_up_at_){}) give_up_at_ = now + kLastWords;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(give_up_at_ - now);
  return static_cast<int>(std::max<std::int64_t>(left.count(), 0));
}

}  // namespace pinion::log
