// Reads and checks a config file: either a Config that is sound, or everything that is wrong with
// it.
//
// Threads: no state. Blocks on the file, so it belongs to the start and to the control thread.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"
#include "config/error.h"

namespace pinion::config {

using Loaded = std::expected<Config, std::vector<ConfigError>>;

/// Errors are in the order of the file. A file that is no TOML has one error.
Loaded load_file(const std::string& path);

/// The same for a text; `file_name` is for the messages.
Loaded load_text(std::string_view text, const std::string& file_name);

}  // namespace pinion::config
