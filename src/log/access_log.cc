#include "log/access_log.h"

#include <fmt/format.h>

#include <iterator>

#include "log/escape.h"
#include "log/timestamp.h"

namespace pinion::log {
namespace {

constexpr std::size_t kCapacity = 8192;  // lines that may wait

double milliseconds(Duration d) noexcept { return to_seconds(d) * 1000.0; }

void append_value(std::string& line, std::string_view text) {
  append_text_value(line, text.empty() ? "-" : text);
}

std::string text_line(const AccessEntry& entry) {
  std::string line;
  append_timestamp(line, entry.time);
  line += ' ';
  append_value(line, entry.client);
  line += ' ';
  append_value(line, entry.method);
  line += ' ';
  append_value(line, entry.target);
  fmt::format_to(std::back_inserter(line), " {} {:.1f}ms in={} out={}", entry.status,
                 milliseconds(entry.duration), entry.bytes_in, entry.bytes_out);
  const auto add = [&line](std::string_view key, std::string_view text) {
    line += key;
    append_value(line, text);
  };
  add(" pool=", entry.pool);
  add(" backend=", entry.backend);
  add(" sid=", entry.sid);
  add(" transport=", entry.transport);
  add(" kind=", entry.kind);
  add(" error=", entry.error);
  add(" side=", entry.side);
  return line;
}

std::string json_line(const AccessEntry& entry) {
  std::string line = R"({"ts":")";
  append_timestamp(line, entry.time);
  line += '"';
  const auto add = [&line](std::string_view key, std::string_view text) {
    line += key;
    append_json_string(line, text);
  };
  add(R"(,"client":)", entry.client);
  add(R"(,"method":)", entry.method);
  add(R"(,"target":)", entry.target);
  fmt::format_to(std::back_inserter(line),
                 R"(,"status":{},"duration_ms":{:.3f},"bytes_in":{},"bytes_out":{})", entry.status,
                 milliseconds(entry.duration), entry.bytes_in, entry.bytes_out);
  add(R"(,"pool":)", entry.pool);
  add(R"(,"backend":)", entry.backend);
  add(R"(,"sid":)", entry.sid);
  add(R"(,"transport":)", entry.transport);
  add(R"(,"kind":)", entry.kind);
  add(R"(,"error":)", entry.error);
  add(R"(,"side":)", entry.side);
  line += '}';
  return line;
}

}  // namespace

std::expected<AccessLog, std::string> AccessLog::open(const std::string& destination,
                                                      Format format) {
  AccessLog log;
  log.format_ = format;
  if (auto done = log.redirect(destination); !done) return std::unexpected(done.error());
  return log;
}

std::expected<void, std::string> AccessLog::redirect(const std::string& destination) {
  if (destination.empty()) {
    target_->in_use.store(nullptr, std::memory_order_release);
    return {};
  }
  const std::string path = destination == "stderr" ? "" : destination;
  std::expected<void, std::string> done;
  if (target_->lines) {
    done = target_->lines->redirect(path);
  } else if (auto lines = AsyncLines::to_file(path, kCapacity)) {
    target_->made.store(&target_->lines.emplace(std::move(*lines)), std::memory_order_release);
  } else {
    done = std::unexpected(lines.error());
  }
  if (!done) return std::unexpected("access log: " + done.error());
  target_->in_use.store(&*target_->lines, std::memory_order_release);
  return {};
}

void AccessLog::write(const AccessEntry& entry) {
  AsyncLines* const lines = target_->in_use.load(std::memory_order_acquire);
  if (lines == nullptr) return;
  lines->push(format_ == Format::json ? json_line(entry) : text_line(entry));
}

std::expected<void, std::string> AccessLog::reopen() {
  AsyncLines* const lines = target_->in_use.load(std::memory_order_acquire);
  if (lines == nullptr) return {};
  auto done = lines->reopen();
  if (!done) return std::unexpected("access log: " + done.error());
  return {};
}

std::uint64_t AccessLog::dropped() const noexcept {
  const AsyncLines* const lines = target_->made.load(std::memory_order_acquire);
  return lines != nullptr ? lines->dropped() + lines->failed() : 0;
}

}  // namespace pinion::log
