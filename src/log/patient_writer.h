// Writes to a descriptor that may stop taking: a pipe whose reader has stopped, a terminal after
// Ctrl-S.
//
// Threads: write() from one, which may wait there for ever; hurry() and look_again() from any.
// Lifetime: the descriptor belongs to somebody else and outlives it.
// Invariants: no write blocks outside of a wait that hurry() and look_again() end.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string_view>

namespace pinion::log {

class PatientWriter {
 public:
  explicit PatientWriter(int fd) noexcept;
  ~PatientWriter();
  PatientWriter(const PatientWriter&) = delete;
  PatientWriter& operator=(const PatientWriter&) = delete;

  /// Writes all of it, and waits as long as that takes, or, once hurried, 500 ms in all.
  /// @return how many bytes were written; fewer than all after an error, or in a hurry
  std::size_t write(std::string_view bytes) noexcept;
  /// The process ends: whoever does not read now loses what is left.
  void hurry() noexcept;
  /// Another file has taken the descriptor's place: what waits for the former one goes there.
  void look_again() noexcept;

 private:
  [[nodiscard]] bool wait_for_room() noexcept;
  [[nodiscard]] int patience() noexcept;

  const int fd_;
  const int wake_;
  std::atomic<bool> hurried_{false};
  std::chrono::steady_clock::time_point give_up_at_{};
};

}  // namespace pinion::log
