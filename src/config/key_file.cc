#include "config/key_file.h"

#include <fmt/format.h>

#include <cstddef>

#include "config/text_file.h"

namespace pinion::config {
namespace {

constexpr std::size_t kShortestKey = 16;
constexpr std::size_t kLongestKey = 4096;

}  // namespace

std::expected<std::string, std::string> read_key_file(const std::string& path) {
  auto key = read_text_file(path, kLongestKey);
  if (!key) return key;
  // Editors add one, and the key that was typed is the same on every machine.
  key->erase(key->find_last_not_of("\r\n") + 1);
  if (key->size() < kShortestKey) {
    return std::unexpected(
        fmt::format("has {} bytes, allowed: at least {}", key->size(), kShortestKey));
  }
  return key;
}

}  // namespace pinion::config
