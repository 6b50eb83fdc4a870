#include "config/syntax.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>

#include "config/error.h"

namespace pinion::config {
namespace {

constexpr std::ptrdiff_t kMostDots = 64;

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
    {"table header", "a section reads [name] or [[name]], in a line of its own"},
    {"expected value, saw", "a value is missing"},
    {"utf-8", "save the file as UTF-8"},
    {"beyond ASCII", "it may be a quote or a dash that another program made pretty"},
};

/// The line without its comment, and without what stands in quotes.
std::string bare_part(std::string_view line) {
  std::string bare;
  char quote = 0;
  bool escaped = false;
  for (const char c : line) {
    if (quote == 0) {
      if (c == '#') break;
      if (c == '"' || c == '\'') quote = c;
      bare += c;
    } else if (c == quote && !escaped) {
      quote = 0;
    }
    escaped = quote == '"' && c == '\\' && !escaped;
  }
  return bare;
}

bool is_ascii(char c) { return static_cast<unsigned char>(c) < 0x80; }

}  // namespace

std::string syntax_message(std::string_view description) {
  for (const Hint& each : kHints) {
    if (description.find(each.seen) == std::string_view::npos) continue;
    return fmt::format("the file is not valid TOML: {}; {}", in_one_line(description), each.hint);
  }
  return fmt::format("the file is not valid TOML: {}", in_one_line(description));
}

std::optional<SyntaxError> fatal_to_parser(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (Position at{1, 1};; ++at.line) {
    const auto end = text.find('\n');
    const auto bare = bare_part(text.substr(0, end));
    if (std::count(bare.begin(), bare.end(), '.') > kMostDots) {
      return SyntaxError{at, fmt::format("a key has at most {} parts", kMostDots + 1)};
    }
    if (!std::all_of(bare.begin(), bare.end(), is_ascii)) {
      return SyntaxError{at, syntax_message("a character beyond ASCII outside of quotes")};
    }
    if (end == std::string_view::npos) return std::nullopt;
    text.remove_prefix(end + 1);
  }
}

}  // namespace pinion::config
