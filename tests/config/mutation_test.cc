// Random damage to a sound file: the loader survives it, and never lets an unknown key pass.
#include <doctest/doctest.h>

#include <algorithm>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "config/key_table.h"
#include "config/reference.h"
#include "sample.h"

namespace pinion::config {
namespace {

constexpr std::string_view kAlphabet = "[]{}=\"'.,#:/_-\\\n\r\t 0159aelpxzKM\x01\x80\xff";

/// One random edit of a few bytes: replace, insert, delete, or repeat a piece elsewhere.
void damage(std::string& text, std::mt19937& random) {
  const std::size_t at = random() % text.size();
  const char byte = kAlphabet[random() % kAlphabet.size()];
  switch (random() % 4) {
    case 0:
      text[at] = byte;
      break;
    case 1:
      text.insert(at, 1 + random() % 3, byte);
      break;
    case 2:
      text.erase(at, 1 + random() % 20);
      break;
    default:
      text.insert(random() % text.size(), text.substr(at, random() % 60));
  }
}

/// The bare key that a line sets, if it is a plain `key = value`.
std::optional<std::string_view> key_of(std::string_view line) {
  const auto end = line.find_first_not_of("abcdefghijklmnopqrstuvwxyz_");
  if (end == 0 || end == std::string_view::npos || line.substr(end, 2) != " =") return std::nullopt;
  return line.substr(0, end);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    lines.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return lines;
}

bool known_anywhere(std::string_view name) {
  return std::any_of(keys().begin(), keys().end(),
                     [&](const Key& key) { return key.name == name; });
}

}  // namespace

TEST_CASE("random damage never crashes, and what loads has known keys only") {
  const std::string sound = reference_config();
  std::mt19937 random{2024};
  int loaded_count = 0;
  for (int i = 0; i < 2000; ++i) {
    std::string text = sound;
    for (auto edits = 1 + random() % 4; edits > 0; --edits) damage(text, random);
    const auto loaded = load_text(text, "file");
    if (!loaded) {
      CHECK_FALSE(loaded.error().empty());
      for (const auto& error : loaded.error())
        CHECK(to_text(error).find('\n') == std::string::npos);
      continue;
    }
    ++loaded_count;
    for (const auto& line : lines_of(text)) {
      const auto key = key_of(line);
      CAPTURE(line);
      if (key) CHECK(known_anywhere(*key));
    }
  }
  // Most bytes of the file are comments, so both outcomes must have been seen often.
  CHECK(loaded_count > 200);
  CHECK(loaded_count < 1800);
}

TEST_CASE("a key with any letter changed is an error at its own line") {
  const auto lines = lines_of(reference_config());
  std::mt19937 random{5};
  for (std::size_t i = 0; i < lines.size(); ++i) {
    const auto key = key_of(lines[i]);
    if (!key) continue;
    auto changed = lines;
    const std::size_t at = random() % key->size();
    changed[i][at] = changed[i][at] == 'q' ? 'z' : 'q';
    std::string text;
    for (const auto& line : changed) text += line + "\n";
    const auto loaded = load_text(text, "file");
    CAPTURE(changed[i]);
    REQUIRE_FALSE(loaded.has_value());
    const bool told =
        std::any_of(loaded.error().begin(), loaded.error().end(), [&](const auto& error) {
          return error.at.line == i + 1 && error.message.find("unknown key") == 0;
        });
    CHECK(told);
  }
}

TEST_CASE("a file that is cut off anywhere is either sound or told what is missing") {
  const std::string text = sample::file_with();
  for (std::size_t length = 0; length < text.size(); ++length) {
    const auto loaded = load_text(text.substr(0, length), "file");
    if (!loaded) CHECK_FALSE(loaded.error().empty());
  }
}

}  // namespace pinion::config
