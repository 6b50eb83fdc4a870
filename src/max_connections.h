// How many client connections there may be: as many as the config says, if the limit of open files
// allows them.
//
// Threads: the main thread.
#pragma once

#include <cstddef>

#include "config/config.h"
#include "log/log.h"

namespace pinion {

/// Raises the limit of open files as far as it goes, and counts what is left for clients. The log
/// is told when that is less than the config says.
std::size_t resolve_max_connections(const config::Config& config, log::Logger& log);

/// Tells the log when another config, with more backends or more connections that may rest, leaves
/// too few open files for as many connections as there may be.
/// @param in_force what resolve_max_connections() has said
void warn_of_open_files(const config::Config& config, std::size_t in_force, log::Logger& log);

}  // namespace pinion
