// `pinion status`: pools, backends, their state and load, on one screen.
// Threads: none.
#pragma once

#include "cli/remote.h"
#include "cli/terminal.h"

namespace pinion::cli {

/// Returns the exit code.
int run_status(const RemoteOptions& options, const Terminal& terminal);

}  // namespace pinion::cli
