#include "config/syntax.h"

#include <fmt/format.h>

namespace pinion::config {
namespace {

constexpr std::size_t kMostDots = 64;

struct Hint {
  std::string_view seen;  // in the parser's description
  std::string_view hint;
};

constexpr Hint kHints[] = {
    {"as array-of-tables", "[[pool]], [[pool.backend]] and [[route]] always have double brackets"},
    {"redefine existing", "write each key and each [section] once"},
    {"parsing string", "a text ends with the quote that it begins with, in the same line"},
    {"key-value pair: encountered end-of-file", "a value is missing"},
    {"could not determine value type", "texts, addresses, times and sizes are in quotes"},
    {"parsing decimal integer", "texts, addresses, times and sizes are in quotes"},
    {"parsing floating-point", "texts, addresses, times and sizes are in quotes"},
    {"parsing date", "texts, addresses, times and sizes are in quotes"},
    {"parsing time", "texts, addresses, times and sizes are in quotes"},
    {"parsing boolean", "texts, addresses, times and sizes are in quotes"},
    {"saw ':'", "a line reads key = value"},
    {"parsing array", "a list reads [\"a\", \"b\"]"},
    {"parsing table header", "a section reads [name] or [[name]], in a line of its own"},
    {"utf-8", "save the file as UTF-8"},
};

}  // namespace

std::string syntax_message(std::string_view description) {
  for (const Hint& each : kHints) {
    if (description.find(each.seen) == std::string_view::npos) continue;
    return fmt::format("the file is not valid TOML: {}; {}", description, each.hint);
  }
  return fmt::format("the file is not valid TOML: {}", description);
}

std::optional<Position> too_many_parts(std::string_view text) {
  Position at{1, 0};
  std::size_t dots = 0;
  char quote = 0;
  bool comment = false;
  for (const char c : text) {
    if (c == '\n') {
      at = {at.line + 1, 0};
      dots = 0;
      quote = 0;
      comment = false;
    } else if (quote != 0) {
      if (c == quote) quote = 0;
    } else if (c == '"' || c == '\'') {
      quote = c;
    } else if (c == '#') {
      comment = true;
    } else if (c == '.' && !comment && ++dots > kMostDots) {
      return Position{at.line, 1};
    }
  }
  return std::nullopt;
}

}  // namespace pinion::config
