#include "log/async_lines.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/null_mutex.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <system_error>
#include <utility>

#include "log/patient_writer.h"

namespace pinion::log {
namespace {

constexpr std::size_t kMostPending = std::size_t{64} * 1024;

std::string reason(int error) { return std::generic_category().message(error); }

std::expected<int, std::string> open_for_append(const std::string& path) {
  if (path.empty()) {
    const int copy = ::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) return std::unexpected(fmt::format("cannot write stderr: {}", reason(errno)));
    return copy;
  }
  // A FIFO that nobody reads is an error, not a reason to wait; files do not know the difference.
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NONBLOCK, 0640);
  if (fd < 0 && errno == ENXIO) {
    return std::unexpected(fmt::format("cannot write {}: nobody reads from that pipe", path));
  }
  if (fd < 0) return std::unexpected(fmt::format("cannot write {}: {}", path, reason(errno)));
  return fd;
}

}  // namespace

/// The end of the queue. Runs on the queue's one thread, so it has no lock; while more lines wait
/// it gathers them, and writes as soon as none does.
class LineSink final : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
 public:
  explicit LineSink(int fd) noexcept : writer_(fd) {}

  void gather_while_busy(spdlog::details::thread_pool& queue) noexcept { queue_ = &queue; }
  void write_out() noexcept {
    // What follows the stump of a line that did not fit must not become a part of it.
    if (cut_.load(std::memory_order_relaxed) && !pending_.empty()) pending_.insert(0, 1, '\n');
    const std::size_t written = writer_.write(pending_);
    if (written > 0) cut_.store(pending_[written - 1] != '\n', std::memory_order_relaxed);
    const auto lost = std::ranges::count(std::string_view{pending_}.substr(written), '\n');
    failed_.fetch_add(static_cast<std::uint64_t>(lost), std::memory_order_relaxed);
    pending_.clear();
  }
  void hurry() noexcept { writer_.hurry(); }
  [[nodiscard]] std::uint64_t failed() const noexcept {
    return failed_.load(std::memory_order_relaxed);
  }
  /// Another file has taken the place of the one that was written.
  void begin_another_file() noexcept {
    cut_.store(false, std::memory_order_relaxed);
    writer_.look_again();
  }

 private:
  void sink_it_(const spdlog::details::log_msg& line) override {
    pending_.append(line.payload.data(), line.payload.size());
    pending_ += '\n';
    if (pending_.size() >= kMostPending || queue_->queue_size() == 0) write_out();
  }
  void flush_() override { write_out(); }

  PatientWriter writer_;
  spdlog::details::thread_pool* queue_ = nullptr;
  std::string pending_;
  std::atomic<std::uint64_t> failed_{0};
  std::atomic<bool> cut_{false};  // what was written last was a part of a line
};

struct AsyncLines::Impl {
  Impl(int to, bool to_close, std::string file, std::size_t capacity)
      : fd(to),
        is_ours(to_close),
        path(std::move(file)),
        sink(std::make_shared<LineSink>(to)),
        queue(std::make_shared<spdlog::details::thread_pool>(capacity, 1)),
        logger(std::make_shared<spdlog::async_logger>(
            "lines", sink, queue, spdlog::async_overflow_policy::overrun_oldest)) {
    sink->gather_while_busy(*queue);
    logger->set_error_handler([this](const std::string&) { lost.fetch_add(1); });
  }
  ~Impl() {
    sink->hurry();
    // Joins the thread, which has emptied the queue by then. The logger goes after it, so that its
    // last reference is never given up over there.
    queue.reset();
    logger.reset();
    sink->write_out();
    if (is_ours) ::close(fd);
  }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  const int fd;
  const bool is_ours;
  std::string path;  // empty: a descriptor that has no file of its own, such as stderr
  std::atomic<std::uint64_t> lost{0};
  std::shared_ptr<LineSink> sink;
  std::shared_ptr<spdlog::details::thread_pool> queue;
  std::shared_ptr<spdlog::async_logger> logger;
};

AsyncLines::AsyncLines(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
AsyncLines::AsyncLines(int fd, std::size_t capacity)
    : impl_(std::make_unique<Impl>(fd, false, std::string{}, capacity)) {}
AsyncLines::~AsyncLines() = default;
AsyncLines::AsyncLines(AsyncLines&&) noexcept = default;
AsyncLines& AsyncLines::operator=(AsyncLines&&) noexcept = default;

std::expected<AsyncLines, std::string> AsyncLines::to_file(const std::string& path,
                                                           std::size_t capacity) {
  const auto fd = open_for_append(path);
  if (!fd) return std::unexpected(fd.error());
  return AsyncLines{std::make_unique<Impl>(*fd, true, path, capacity)};
}

void AsyncLines::push(std::string_view line) noexcept {
  impl_->logger->log(spdlog::level::critical, spdlog::string_view_t{line.data(), line.size()});
}

std::expected<void, std::string> AsyncLines::reopen() {
  return impl_->path.empty() ? std::expected<void, std::string>{} : redirect(impl_->path);
}

std::expected<void, std::string> AsyncLines::redirect(const std::string& path) {
  const auto fresh = open_for_append(path);
  if (!fresh) return std::unexpected(fresh.error());
  // Replacing the descriptor in place is atomic for the writing thread.
  const int replaced = ::dup3(*fresh, impl_->fd, O_CLOEXEC);
  const int error = errno;
  ::close(*fresh);
  if (replaced < 0) {
    return std::unexpected(fmt::format("cannot reopen {}: {}", path, reason(error)));
  }
  impl_->path = path;
  impl_->sink->begin_another_file();
  return {};
}

std::uint64_t AsyncLines::dropped() const noexcept {
  return impl_->queue->overrun_counter() + impl_->lost.load();
}

std::uint64_t AsyncLines::failed() const noexcept { return impl_->sink->failed(); }

}  // namespace pinion::log
