#include "config/reference.h"

#include <fmt/format.h>

#include <string_view>

#include "config/key_table.h"
#include "config/key_text.h"
#include "config/preset_text.h"
#include "config/presets.h"

namespace pinion::config {
namespace {

/// What each preset stands for.
std::string presets_in_comments() {
  std::string text;
  for (const Preset preset : presets()) {
    text += comment(fmt::format("\"{}\" stands for:", preset_name(preset)));
    text += preset_settings(preset, "#   ");
  }
  return text;
}

std::string key_block(const Key& key) {
  const auto value = toml_value(key, key.required() ? key.example : key.fallback);
  std::string text = comment(help_text(key));
  text += comment(fmt::format("Allowed: {}.", allowed(key)));
  text += comment(key.required() ? "Required, there is no default." : "Default: " + value);
  if (key.section == Section::pool && key.name == "preset") text += presets_in_comments();
  return text + fmt::format("{} = {}\n", key.name, value);
}

}  // namespace

std::string reference_config() {
  std::string text = comment(
                         "The reference config of pinion, as `pinion config` prints it: every key, "
                         "set to its default.") +
                     comment(
                         "A file of your own needs only what differs; the shortest useful one is a "
                         "[[pool]] with name "
                         "and backends, and a [[route]] with pool.") +
                     comment("Check a file with `pinion check -c FILE`.");
  for (const SectionInfo& section : sections()) {
    text += fmt::format("\n{}{}\n", comment(section.help), header(section));
    for (const Key& key : keys_of(section.id)) text += "\n" + key_block(key);
  }
  return text;
}

}  // namespace pinion::config
