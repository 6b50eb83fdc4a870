// The file that holds the key by which pinion signs its own cookie.
// Threads: no state.
#pragma once

#include <expected>
#include <string>

namespace pinion::config {

/// The key: the file's bytes without line ends behind them, 16 to 4096. The error says what is
/// wrong with the file.
std::expected<std::string, std::string> read_key_file(const std::string& path);

}  // namespace pinion::config
