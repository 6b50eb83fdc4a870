#include "config/token_file.h"

#include <algorithm>

#include "config/text_file.h"

namespace pinion::config {
namespace {

constexpr std::size_t kLongestToken = 4096;
constexpr std::string_view kWhiteSpace = " \t\r\n";

}  // namespace

std::expected<std::string, std::string> read_token_file(const std::string& path) {
  auto text = read_text_file(path, kLongestToken + 2);
  if (!text) return text;
  const auto first = text->find_first_not_of(kWhiteSpace);
  if (first == std::string::npos) return std::unexpected("is empty");
  std::string token = text->substr(first, text->find_last_not_of(kWhiteSpace) - first + 1);
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!visible) return std::unexpected("does not hold one word of visible ASCII characters");
  return token;
}

}  // namespace pinion::config
