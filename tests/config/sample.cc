#include "sample.h"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <utility>

#include "config/key_text.h"
#include "config/text_file.h"
#include "config/units.h"

namespace pinion::config::sample {
namespace {

using Line = std::pair<std::string, std::string>;

std::vector<Line> needed(Section section, const std::string& pool) {
  switch (section) {
    case Section::pool:
      return {{"name", pool}, {"backends", R"(["127.0.0.1:3001"])"}};
    case Section::affinity:
      // Neither is sound without the other.
      return {{"ids", R"(["json:id"])"}, {"json_paths", R"(["/act"])"}};
    case Section::backend:
      return {{"address", R"("127.0.0.1:3002")"}};
    case Section::route:
      return {{"pool", pool}};
    default:
      return {};
  }
}

std::string section_text(Section section, const std::string& pool, const Line* set) {
  std::string text = "\n" + header(info(section)) + "\n";
  for (const auto& [name, value] : needed(section, pool)) {
    if (set == nullptr || set->first != name) text += fmt::format("{} = {}\n", name, value);
  }
  return set == nullptr ? text : text + fmt::format("{} = {}\n", set->first, set->second);
}

}  // namespace

std::string file_with(Section section, std::string_view name, std::string_view value) {
  const Line set{name, value};
  const bool renames = section == Section::pool && name == "name";
  const std::string pool = renames ? std::string(value) : "\"chat\"";
  std::string text = "[[pool]]\nname = \"spare\"\nbackends = [\"127.0.0.1:4001\"]\n";
  for (const SectionInfo& each : sections()) {
    if (each.id == Section::route) {
      text += "\n[[route]]\nhost = \"spare.example\"\npool = \"spare\"\n";
      text += fmt::format("\n[[route]]\nhost = \"chat.example\"\npool = {}\n", pool);
    }
    text += section_text(each.id, pool, each.id == section && !name.empty() ? &set : nullptr);
  }
  return text;
}

std::string other_value(const Key& key) {
  switch (key.type) {
    case Type::integer:
      return fmt::format("{}", key.max);
    case Type::size: {
      const auto fallback = parse_size(key.fallback).value();
      return toml_value(key, format_size(fallback == 0 ? 1 << 20 : 2 * fallback));
    }
    case Type::duration:
      return toml_value(key, number_text(key, key.max));
    case Type::choice:
      return toml_value(
          key, key.choices.back() == key.fallback ? key.choices.front() : key.choices.back());
    case Type::name:
      return key.section == Section::route ? "\"spare\"" : "\"other\"";
    case Type::host:
      return "\"other.example\"";
    case Type::url_path:
    case Type::socketio_path:
      return "\"/other/\"";
    case Type::file_path:
      return toml_value(key, PINION_SOURCE_ROOT "/tests/config/token");
    case Type::listen_address:
    case Type::backend_address:
      return "\"127.0.0.1:3003\"";
    case Type::listen_addresses:
    case Type::backend_addresses:
      return "[\"127.0.0.1:3004\", \"[::1]:3005\"]";
    case Type::networks:
      return "[\"10.0.0.0/8\"]";
    case Type::cookie_name:
      return "\"other\"";
    case Type::id_places:
      return "[\"connect:id\", \"json:other\"]";
    case Type::path_ends:
      return "[\"/other\"]";
  }
  return {};
}

std::string smallest(std::string_view more) {
  return std::string(
             "[[pool]]\nname = \"chat\"\nbackends = [\"127.0.0.1:3001\"]\n"
             "[[route]]\npool = \"chat\"\n")
      .append(more);
}

Config sound(std::string_view text) {
  auto loaded = load_text(text, "file");
  std::string errors;
  if (!loaded) {
    for (const auto& error : loaded.error()) errors += to_text(error) + "\n";
  }
  INFO("errors: ", errors);
  REQUIRE(loaded.has_value());
  return *std::move(loaded);
}

std::vector<std::string> errors_of(std::string_view text) {
  const auto loaded = load_text(text, "");
  CAPTURE(std::string(text));
  REQUIRE_FALSE(loaded.has_value());
  REQUIRE_FALSE(loaded.error().empty());
  std::vector<std::string> lines;
  for (const auto& error : loaded.error()) lines.push_back(to_text(error).substr(1));
  return lines;
}

void expect_one(std::string_view text, std::string_view error) {
  const auto errors = errors_of(text);
  CAPTURE(text);
  REQUIRE(errors.size() == 1);
  CHECK(errors[0] == error);
}

std::string error_of(std::string_view text) { return errors_of(text).front(); }

std::string source_file(std::string_view path) {
  const auto text = read_text_file(fmt::format("{}/{}", PINION_SOURCE_ROOT, path), 1 << 20);
  REQUIRE_MESSAGE(text.has_value(), path);
  return *text;
}

}  // namespace pinion::config::sample
