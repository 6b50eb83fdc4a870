#include "config/preset_text.h"

#include <fmt/format.h>

#include "config/key_table.h"
#include "config/key_text.h"
#include "config/presets.h"

namespace pinion::config {
namespace {

constexpr std::size_t kWidestSetting = 78;

const Key& key_of_row(const PresetKey& row) { return *find_key(row.section, row.key); }

/// The key as it is written in a [[pool]], without a section of its own.
std::string dotted_key(const PresetKey& row) {
  if (row.section == Section::pool) return std::string(row.key);
  const auto below_pool = info(row.section).path.substr(info(Section::pool).path.size() + 1);
  return fmt::format("{}.{}", below_pool, row.key);
}

std::string setting(const PresetKey& row, std::string_view indent) {
  const Key& key = key_of_row(row);
  const auto name = dotted_key(row);
  auto in_one_line = fmt::format("{}{} = {}\n", indent, name, toml_value(key, row.values));
  if (in_one_line.size() <= kWidestSetting || !is_list(key.type)) return in_one_line;
  std::string text = fmt::format("{}{} = [\n", indent, name);
  for (const auto value : row.values) text += fmt::format("{}  \"{}\",\n", indent, value);
  return text + fmt::format("{}]\n", indent);
}

/// Enough to know what a key is about; all of it is in the reference.
std::string_view first_sentence(std::string_view help) {
  return help.substr(0, help.find(". ")).substr(0, help.size() - 1);
}

}  // namespace

std::string preset_config(Preset preset) {
  std::string text = comment(
      fmt::format("What preset = \"{}\" sets. In its place these lines do the same; below a "
                  "[pool.affinity] of your own they are written without \"affinity.\".",
                  preset_name(preset)));
  for (const PresetKey& row : preset_keys(preset)) {
    text += comment(fmt::format("{}.", first_sentence(key_of_row(row).help)));
    text += setting(row, "");
  }
  return text;
}

std::string preset_settings(Preset preset, std::string_view indent) {
  std::string text;
  for (const PresetKey& row : preset_keys(preset)) text += setting(row, indent);
  return text;
}

}  // namespace pinion::config
