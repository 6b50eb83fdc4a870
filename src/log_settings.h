// The log's level and format as the config names them: the rooms of the two do not know each other.
//
// Threads: pure functions.
#pragma once

#include "config/config.h"
#include "log/log.h"

namespace pinion {

log::Level level_of(config::LogLevel level) noexcept;
log::Format format_of(config::LogFormat format) noexcept;

}  // namespace pinion
