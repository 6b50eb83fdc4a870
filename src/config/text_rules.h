// What names, hosts, paths, files and cookies may be called.
// Threads: pure functions.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "config/key_table.h"

namespace pinion::config {

/// The text in the form in which pinion compares it: hosts in lower case, a socketio_path with a
/// slash at either end; others as they are. `text` is not empty. The error says what is wrong with
/// it.
std::expected<std::string, std::string> canonical_text(Type type, std::string_view text);

}  // namespace pinion::config
