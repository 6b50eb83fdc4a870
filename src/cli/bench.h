// `pinion bench`: many clients at once, for any socket.io server or proxy.
// Threads: the one of the command, which has SIGINT and SIGTERM for as long as it runs.
#pragma once

#include "cli/bench_options.h"
#include "cli/terminal.h"

namespace pinion::cli {

/// Returns the exit code: kDone when nothing was lost and nothing failed, kFailed, kUsage, or
/// kNoAnswer when nobody is there.
int run_bench(const BenchOptions& options, const Terminal& terminal);

}  // namespace pinion::cli
