// The log: what happened, as one line each, text or JSON.
//
//   log.info("backend is down", {{"pool", pool}, {"backend", name}, {"why", why}});
//
// Threads: everything from any thread; a call formats its line and queues it, it never writes.
// Lifetime: the composition root owns the Logger; everybody else has a reference that it outlives.
// Invariants: one event is one line whatever its values hold (see escape.h).
#pragma once

#include <atomic>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

#include "log/async_lines.h"

namespace pinion::log {

enum class Level : unsigned char { debug, info, warning, error };
enum class Format : unsigned char { text, json };

std::string_view to_string(Level level) noexcept;

/// A value of a field: text, or a number or truth value that JSON shows as such. Refers to the
/// text.
class Value {
 public:
  Value(std::string_view text) noexcept : value_(text) {}
  Value(const char* text) noexcept : value_(std::string_view{text}) {}
  Value(const std::string& text) noexcept : value_(std::string_view{text}) {}
  Value(bool value) noexcept : value_(value) {}
  Value(double value) noexcept : value_(value) {}
  Value(std::signed_integral auto value) noexcept : value_(std::int64_t{value}) {}
  Value(std::unsigned_integral auto value) noexcept : value_(std::uint64_t{value}) {}

  void append_json(std::string& out) const;
  void append_text(std::string& out) const;

 private:
  std::variant<std::string_view, bool, double, std::int64_t, std::uint64_t> value_;
};

struct Field {
  std::string_view key;  // our own word: lower case, no blanks
  Value value;
};
using Fields = std::initializer_list<Field>;

struct Options {
  Level level = Level::info;
  Format format = Format::text;
  int fd = 2;                   // where lines go; not closed
  std::size_t capacity = 2048;  // lines that may wait
};

class Logger {
 public:
  explicit Logger(const Options& options);

  void debug(std::string_view event, Fields fields = {}) { write(Level::debug, event, fields); }
  void info(std::string_view event, Fields fields = {}) { write(Level::info, event, fields); }
  void warning(std::string_view event, Fields fields = {}) { write(Level::warning, event, fields); }
  void error(std::string_view event, Fields fields = {}) { write(Level::error, event, fields); }
  void write(Level level, std::string_view event, Fields fields);

  [[nodiscard]] bool enabled(Level level) const noexcept {
    return level >= level_.load(std::memory_order_relaxed);
  }
  void set_level(Level level) noexcept { level_.store(level, std::memory_order_relaxed); }
  /// Lines that were lost because writing could not keep up or failed.
  [[nodiscard]] std::uint64_t dropped() const noexcept {
    return lines_.dropped() + lines_.failed();
  }

 private:
  std::atomic<Level> level_;
  const Format format_;
  AsyncLines lines_;
};

}  // namespace pinion::log
