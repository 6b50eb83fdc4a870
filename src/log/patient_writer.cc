#include "log/patient_writer.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>

namespace pinion::log {
namespace {

constexpr std::chrono::milliseconds kLastWords{500};
constexpr int kForEver = -1;

/// What a blocking descriptor with room takes without waiting: pipe(7) promises a pipe's PIPE_BUF
/// once poll() says that it is writable, and a file never waits for a reader.
std::size_t most_at_once(int fd) noexcept {
  struct stat status{};
  return ::fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? SSIZE_MAX : PIPE_BUF;
}

}  // namespace

PatientWriter::PatientWriter(int fd) noexcept
    : fd_(fd), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}
PatientWriter::~PatientWriter() {
  if (wake_ >= 0) ::close(wake_);
}

std::size_t PatientWriter::write(std::string_view bytes) noexcept {
  std::string_view rest = bytes;
  while (!rest.empty() && wait_for_room()) {
    const ssize_t count = ::write(fd_, rest.data(), std::min(rest.size(), most_at_once(fd_)));
    if (count >= 0) {
      rest.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno != EAGAIN && errno != EINTR) {
      break;
    }
  }
  return bytes.size() - rest.size();
}

void PatientWriter::hurry() noexcept {
  hurried_.store(true);
  look_again();
}

void PatientWriter::look_again() noexcept {
  const std::uint64_t one = 1;
  (void)!::write(wake_, &one, sizeof one);
}

/// False when the time is over.
bool PatientWriter::wait_for_room() noexcept {
  for (;;) {
    // A file, or a closed descriptor, is always ready; write() says what is wrong with it.
    std::array<pollfd, 2> ready{{{fd_, POLLOUT, 0}, {wake_, POLLIN, 0}}};
    const int timeout = patience();
    const int count = ::poll(ready.data(), ready.size(), timeout);
    if (count < 0 && errno != EINTR) return true;
    if (count == 0) return false;
    if (count > 0 && ready[0].revents != 0) return true;
    std::uint64_t wakes = 0;
    if (count > 0) (void)!::read(wake_, &wakes, sizeof wakes);
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
