// Lines on their way to a file or to stderr: a bounded queue and the thread that writes it out, so
// that a full disk or a stopped pipe never holds up an event loop.
//
// Threads: push(), dropped() and failed() from any thread; a push costs one short lock. reopen()
//   and redirect() from one.
// Lifetime: the destructor writes what is still queued, then joins the thread; whoever does not
// read
//   is waited for half a second at most.
// Invariants: when the queue is full the oldest line is dropped and counted; lines are written
//   whole.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

namespace pinion::log {

class AsyncLines {
 public:
  /// Writes to a descriptor that stays open and belongs to somebody else.
  /// @param capacity lines that may wait
  AsyncLines(int fd, std::size_t capacity);
  /// Appends to a file, which is made (mode 0640) when it is not there, or, for "", to stderr. The
  /// error is one line.
  static std::expected<AsyncLines, std::string> to_file(const std::string& path,
                                                        std::size_t capacity);
  ~AsyncLines();
  AsyncLines(AsyncLines&&) noexcept;
  AsyncLines& operator=(AsyncLines&&) noexcept;

  /// Writes to another file from now on, or, for "", to stderr. Only for what to_file() made. On an
  /// error, one line, nothing changes.
  std::expected<void, std::string> redirect(const std::string& path);

  /// Queues one line, which must not hold a line break.
  void push(std::string_view line) noexcept;
  /// Opens the file's path anew, for a file that was rotated away. Nothing to do for stderr.
  /// On an error, one line, the old file stays in use.
  std::expected<void, std::string> reopen();

  /// Lines lost to a full queue.
  [[nodiscard]] std::uint64_t dropped() const noexcept;
  /// Lines that could not be written, whole or in part.
  [[nodiscard]] std::uint64_t failed() const noexcept;

 private:
  struct Impl;
  explicit AsyncLines(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

}  // namespace pinion::log
