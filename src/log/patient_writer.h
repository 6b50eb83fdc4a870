// Writes to a descriptor that may stop taking: a pipe whose reader has stopped, a terminal after
// Ctrl-S.
//
// Threads: write() from one, which may wait there for ever; hurry() and look_again() from any.
// Lifetime: the descriptor belongs to somebody else and outlives it.
// Invariants: it waits for room where hurry() and look_again() end the wait, never in write(2) (but
//   for a pipe or terminal of another user, which cannot be opened anew: there another writer may
//   take the room). Lines that a pipe takes as one (PIPE_BUF, 4096 bytes) are not torn by others
//   who write there.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

#include "base/owned_fd.h"

namespace pinion::log {

class PatientWriter {
 public:
  explicit PatientWriter(int fd) noexcept;
  PatientWriter(const PatientWriter&) = delete;
  PatientWriter& operator=(const PatientWriter&) = delete;

  /// Writes all of it, and waits as long as that takes, or, once hurried, 500 ms in all.
  /// @param lines each ends with a line break @return how many bytes were written; fewer than all
  /// after an error, or in a hurry
  std::size_t write(std::string_view lines) noexcept;
  /// The process ends: whoever does not read now loses what is left.
  void hurry() noexcept;
  /// Another file has taken the descriptor's place: what waits for the former one goes there.
  void look_again() noexcept;

 private:
  enum class Kind : unsigned char { file, socket, stream };  // of a pipe or a terminal

  void look() noexcept;
  [[nodiscard]] int descriptor() const noexcept { return own_.get() >= 0 ? own_.get() : fd_; }
  [[nodiscard]] std::size_t at_once(std::string_view lines) const noexcept;
  [[nodiscard]] bool wait_for_room() noexcept;
  [[nodiscard]] int patience() noexcept;

  const int fd_;
  const OwnedFd wake_;
  OwnedFd own_;  // the same pipe or terminal, opened so that writing never waits
  Kind kind_ = Kind::stream;
  std::atomic<bool> replaced_{false};  // since it was last looked at
  std::atomic<bool> hurried_{false};
  std::chrono::steady_clock::time_point give_up_at_{};
};

}  // namespace pinion::log
