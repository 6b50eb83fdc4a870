// What is wrong with a config file, in words for the person who has to repair it.
//
// Threads: values. An ErrorList belongs to one load.
// Invariants: messages are one line each and hold no control characters, whatever the file holds.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "config/position.h"

namespace pinion::config {

struct ConfigError {
  std::string file;
  Position at;
  std::string key;  // "[section].key", or empty when the file as a whole is meant
  std::string message;
};

/// `FILE:LINE:COLUMN: error: [section].key: what is wrong, what is allowed`; what is not known is
/// left out.
std::string to_text(const ConfigError& error);

/// Control characters as \xNN, so that it stays in its line.
std::string in_one_line(std::string_view text);

/// A value from the file as it goes into a message: in quotes, control characters escaped, long
/// ones cut.
std::string in_quotes(std::string_view text);

/// The errors of one file, collected in any order.
class ErrorList {
 public:
  explicit ErrorList(std::string file) : file_(std::move(file)) {}

  void add(Position at, std::string key, std::string message);

  [[nodiscard]] std::size_t size() const noexcept { return errors_.size(); }
  [[nodiscard]] bool empty() const noexcept { return errors_.empty(); }

  /// All errors in the order of the file. The list is empty afterwards.
  [[nodiscard]] std::vector<ConfigError> take();

 private:
  std::string file_;
  std::vector<ConfigError> errors_;
};

}  // namespace pinion::config
