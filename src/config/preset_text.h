// What a preset sets, as TOML that stands for it in a [[pool]].
// Threads: pure functions.
#pragma once

#include <string>

#include "config/config.h"

namespace pinion::config {

/// For `pinion config --preset NAME`: put in place of `preset = "NAME"`, wherever that stands among
/// the keys of a [[pool]], it makes the same config. Hence keys with dots and no [sections].
std::string preset_config(Preset preset);

/// The same without comments, each line behind `indent`.
std::string preset_settings(Preset preset, std::string_view indent);

}  // namespace pinion::config
