// How many client connections there may be: as many as the config says, if the limit of open files
// allows them.
//
// Threads: the main thread, before the others are started.
#pragma once

#include <cstddef>

#include "config/config.h"

namespace pinion {

/// Raises the limit of open files as far as it goes, and counts what is left for clients.
std::size_t resolve_max_connections(const config::Config& config) noexcept;

}  // namespace pinion
