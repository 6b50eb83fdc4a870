#include "log/log.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <iterator>
#include <type_traits>

#include "log/escape.h"
#include "log/timestamp.h"

namespace pinion::log {
namespace {

std::string text_line(Level level, std::string_view event, Fields fields) {
  std::string line;
  append_timestamp(line, std::chrono::system_clock::now());
  fmt::format_to(std::back_inserter(line), " {:<7} ", to_string(level));
  append_printable(line, event);
  for (const auto& [key, value] : fields) {
    line += ' ';
    append_printable(line, key);
    line += '=';
    value.append_text(line);
  }
  return line;
}

std::string json_line(Level level, std::string_view event, Fields fields) {
  std::string line = R"({"ts":")";
  append_timestamp(line, std::chrono::system_clock::now());
  line += R"(","level":)";
  append_json_string(line, to_string(level));
  line += R"(,"event":)";
  append_json_string(line, event);
  for (const auto& [key, value] : fields) {
    line += ',';
    append_json_string(line, key);
    line += ':';
    value.append_json(line);
  }
  line += '}';
  return line;
}

}  // namespace

std::string_view to_string(Level level) noexcept {
  constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};
  return kNames[static_cast<std::size_t>(level)];
}

void Value::append_json(std::string& out) const {
  std::visit(
      [&out](const auto& value) {
        using T = std::decay_t<decltype(value)>;
        if constexpr (std::is_same_v<T, std::string_view>) {
          append_json_string(out, value);
        } else if constexpr (std::is_same_v<T, double>) {
          // JSON has no word for infinities (RFC 8259, 6).
          fmt::format_to(std::back_inserter(out), "{}", std::isfinite(value) ? value : 0.0);
        } else {
          fmt::format_to(std::back_inserter(out), "{}", value);
        }
      },
      value_);
}

void Value::append_text(std::string& out) const {
  if (const auto* text = std::get_if<std::string_view>(&value_)) {
    append_text_value(out, *text);
  } else {
    append_json(out);
  }
}

Logger::Logger(const Options& options)
    : level_(options.level), format_(options.format), lines_(options.fd, options.capacity) {}

void Logger::write(Level level, std::string_view event, Fields fields) {
  if (!enabled(level)) return;
  lines_.push(format_ == Format::json ? json_line(level, event, fields)
                                      : text_line(level, event, fields));
}

}  // namespace pinion::log
