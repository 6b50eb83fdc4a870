// What presets set: the one table from which files are loaded, and from which it is printed.
//
// Threads: constant data and pure functions.
// Invariants: each key once for a preset, in the order of the table of keys, with values that it
// takes (tested).
#pragma once

#include <span>
#include <string_view>

#include "config/config.h"
#include "config/key_table.h"

namespace pinion::config {

struct PresetKey {
  Preset preset;
  Section section;  // [[pool]] or one below it
  std::string_view key;
  std::span<const std::string_view> values;  // one, but for lists
};

/// All presets but `none`.
std::span<const Preset> presets();
/// As the file has it; "" for `none`.
std::string_view preset_name(Preset preset);
/// `none` for a name that is unknown.
Preset preset_named(std::string_view name);

std::span<const PresetKey> preset_keys(Preset preset);
/// Null when the preset leaves the key alone.
const PresetKey* find_preset_key(Preset preset, const Key& key);

}  // namespace pinion::config
