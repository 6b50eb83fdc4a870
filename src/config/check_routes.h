// The part of the checks that deals with pools and the routes to them.
// Threads: belongs to one load.
#pragma once

#include "config/assemble.h"
#include "config/config.h"
#include "config/error.h"

namespace pinion::config {

/// Sets each route's pool, and reports unknown pools, unreachable routes and pools, and what is
/// missing.
void check_routes(Draft& draft, ErrorList& errors);

/// Whether some route brings requests below the pool's socketio_path to it. True for a pool without
/// one.
bool reaches_socketio(const Config& config, std::size_t pool);

}  // namespace pinion::config
