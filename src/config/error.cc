#include "config/error.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace pinion::config {
namespace {

constexpr std::size_t kLongestQuote = 80;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::string to_text(const ConfigError& error) {
  std::string text = error.file;
  if (error.at.line > 0) text += fmt::format(":{}:{}", error.at.line, error.at.column);
  text += ": error: ";
  if (!error.key.empty()) text += error.key + ": ";
  return text + error.message;
}

std::string in_one_line(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (is_control(c)) {
      result += fmt::format("\\x{:02x}", static_cast<unsigned>(static_cast<unsigned char>(c)));
    } else {
      result += c;
    }
  }
  return result;
}

std::string in_quotes(std::string_view text) {
  const bool cut = text.size() > kLongestQuote;
  return '"' + in_one_line(text.substr(0, kLongestQuote)) + (cut ? "...\"" : "\"");
}

void ErrorList::add(Position at, std::string key, std::string message) {
  errors_.push_back({file_, at, std::move(key), std::move(message)});
}

std::vector<ConfigError> ErrorList::take() {
  std::stable_sort(errors_.begin(), errors_.end(),
                   [](const ConfigError& a, const ConfigError& b) { return a.at < b.at; });
  return std::exchange(errors_, {});
}

}  // namespace pinion::config
