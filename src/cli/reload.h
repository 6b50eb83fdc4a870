// `pinion reload`: has a running proxy read its config again.
// Threads: none.
#pragma once

#include "cli/remote.h"
#include "cli/terminal.h"

namespace pinion::cli {

/// Prints what has changed. Returns the exit code.
int run_reload(const RemoteOptions& options, const Terminal& terminal);

}  // namespace pinion::cli
