#include "log/access_log.h"

#include <fmt/format.h>
#include <unistd.h>

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
  if (destination.empty()) return log;
  if (destination == "stderr") {
    log.lines_.emplace(STDERR_FILENO, kCapacity);
    return log;
  }
  auto lines = AsyncLines::to_file(destination, kCapacity);
  if (!lines) return std::unexpected("access log: " + lines.error());
  log.lines_.emplace(std::move(*lines));
  return log;
}

void AccessLog::write(const AccessEntry& entry) {
  if (!lines_) return;
  lines_->push(format_ == Format::json ? json_line(entry) : text_line(entry));
}

std::expected<void, std::string> AccessLog::reopen() {
  if (!lines_) return {};
  auto done = lines_->reopen();
  if (!done) return std::unexpected("access log: " + done.error());
  return {};
}

std::uint64_t AccessLog::dropped() const noexcept {
  return lines_ ? lines_->dropped() + lines_->failed() : 0;
}

}  // namespace pinion::log
